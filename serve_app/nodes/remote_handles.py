"""Calls from node to node: Serve's handles as the plain collaborators that the nodes expect, Serve's errors as ours."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, Protocol, cast
from uuid import UUID

import grpc
from ray.exceptions import RayActorError, RayError, RayTaskError
from ray.serve.exceptions import RayServeException
from ray.serve.handle import DeploymentHandle

from db.records import Analysis, Decision, QueryVector, Turn
from deployments.runtime.retries import NodeDiedError, NodeUnavailableError
from embeddings.judge import Judgement


class Cancellable(Protocol):
    """What Serve's responses are, although their stubs don't say so."""

    def cancel(self) -> None: ...


class RemoteIdentity:
    """deployments.identity.node, on a replica."""

    def __init__(self, handle: DeploymentHandle[Any]) -> None:
        self._handle = handle

    async def open_turns(self, inbox_ids: Sequence[UUID], holder: str) -> dict[UUID, Turn]:
        """As IdentityNode.open_turns. Raises NodeUnavailableError too."""
        turns: dict[UUID, Turn] = await _answer(self._handle.open_turns.remote(list(inbox_ids), holder))
        return turns


class RemoteAnalysis:
    """deployments.analysis_node, on a replica."""

    def __init__(self, handle: DeploymentHandle[Any]) -> None:
        self._handle = handle

    async def analyse(self, texts: Sequence[str]) -> list[Analysis]:
        """As AnalysisNode.analyse. Raises NodeUnavailableError too."""
        analyses: list[Analysis] = await _answer(self._handle.analyse.remote(list(texts)))
        return analyses

    async def embed_query(self, text: str) -> QueryVector:
        """Return the vector of one text. Raises NodeUnavailableError."""
        vector: QueryVector = await _answer(self._handle.embed_query.remote(text))
        return vector

    async def judge(self, question: str, passages: Sequence[str], cosines: Sequence[float]) -> Judgement:
        """As AnalysisNode.judge. Raises NodeUnavailableError too."""
        judgement: Judgement = await _answer(self._handle.judge.remote(question, list(passages), list(cosines)))
        return judgement


class RemoteAgent:
    """deployments.agent, on a replica."""

    def __init__(self, handle: DeploymentHandle[Any]) -> None:
        self._handle = handle

    async def run(self, turn: Turn, analysis: Analysis) -> Decision:
        """As AgentNode.run. Raises NodeUnavailableError too."""
        decision: Decision = await _answer(self._handle.run.remote(turn, analysis))
        return decision

    async def draft(self, turn: Turn, analysis: Analysis) -> Decision:
        """As AgentNode.draft. Raises NodeUnavailableError too."""
        decision: Decision = await _answer(self._handle.draft.remote(turn, analysis))
        return decision

    async def ready(self) -> None:
        """As AgentNode.ready. Raises NodeUnavailableError too."""
        await _answer(self._handle.ready.remote())


async def _answer(response: object) -> Any:
    """Await a replica's answer. What its code raised comes as it is; a replica that is away, full or gone is not.

    A caller that gives up takes the replica's work back: nobody would read its answer.
    """
    try:
        return await cast("Awaitable[Any]", response)
    except asyncio.CancelledError:
        cast("Cancellable", response).cancel()
        raise
    except RayTaskError:
        raise
    except (RayActorError, grpc.aio.AioRpcError) as error:
        raise NodeDiedError(type(error).__name__) from error
    except (RayError, RayServeException, ConnectionError) as error:
        raise NodeUnavailableError(type(error).__name__) from error
