"""The nodes as Serve starts them: each builds its collaborators from AppArgs, on the loop that will run its methods.

Serve awaits a constructor that is a coroutine and a finaliser too; type checkers don't know of either.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from typing import Any
from uuid import UUID

from ray.serve.handle import DeploymentHandle

from db.ids import new_id
from db.pool import Pool, create_pool
from db.records import Analysis, Decision, Turn
from deployments.agent.runner import AgentNode, ModelSettings
from deployments.analysis import AnalysisNode
from deployments.delivery.dispatcher import Delivery
from deployments.delivery.web_form import WebFormSender
from deployments.escalation import EscalationRules
from deployments.heartbeat import Heartbeat
from deployments.identity import Identity
from deployments.ingest_worker import GROUP, IngestWorker
from deployments.ingress import Ingress
from deployments.reporting.node import Reporting
from embeddings.encoder import Encoder
from embeddings.escalation import EscalationHead
from embeddings.relevance import RelevanceGate
from embeddings.sentiment import SentimentHead
from ingest.status_link import status_link
from serve_app.api import build_for
from serve_app.handles import RemoteAgent, RemoteAnalysis, RemoteIdentity
from serve_app.settings import AppArgs
from serve_app.telemetry import configure_logging


async def _pool(args: AppArgs) -> Pool:
    # No connection yet: a node comes up without its database and finds it at the first call.
    return await create_pool(args.database_url, size=args.db_pool_size, min_size=0)


def _links(args: AppArgs) -> partial[str]:
    return partial(status_link, args.public_base_url, args.secret_key.get_secret_value())


class IngressServer(Ingress):
    """The HTTP doors. The other handles are taken so that their nodes belong to the application."""

    def __init__(self, args: AppArgs, *_also_run: DeploymentHandle[Any]) -> None:
        configure_logging(args.log_level, "ingress")
        super().__init__(
            build_app=partial(build_for, args, version("nightdesk")),
            database_url=args.database_url,
            pool_size=args.db_pool_size,
            kafka=args.kafka,
        )


class IdentityServer:
    """Identity over a pool of its own."""

    async def __init__(self, args: AppArgs) -> None:  # type: ignore[misc]
        configure_logging(args.log_level, "identity")
        self._node = Identity(pool=await _pool(args))

    async def open_turns(self, inbox_ids: Sequence[UUID], holder: str) -> dict[UUID, Turn]:
        """As Identity.open_turns."""
        return await self._node.open_turns(inbox_ids, holder)

    async def __del__(self) -> None:
        await self._node.close()


class AnalysisServer(AnalysisNode):
    """Encoder and heads, loaded once a replica."""

    def __init__(self, args: AppArgs) -> None:
        configure_logging(args.log_level, "analysis")
        super().__init__(
            encoder=Encoder(args.embedding_model), sentiment=SentimentHead.load(), escalation=EscalationHead.load()
        )


class AgentServer:
    """The agent, with analysis to embed a second query."""

    async def __init__(self, args: AppArgs, analysis: DeploymentHandle[Any]) -> None:  # type: ignore[misc]
        configure_logging(args.log_level, "agent")
        self._pool = await _pool(args)
        self._node = AgentNode(
            pool=self._pool,
            embed_query=RemoteAnalysis(analysis).embed_query,
            model=_model_settings(args),
            gate=RelevanceGate.load(),
            rules=EscalationRules(args.escalation_thresholds),
            links=_links(args),
        )
        self._heartbeat = Heartbeat(pool=self._pool, node="agent", replica=str(new_id()), status=self._node.health)
        self._heartbeat.start()

    async def run(self, turn: Turn, analysis: Analysis) -> Decision:
        """As AgentNode.run."""
        return await self._node.run(turn, analysis)

    async def __del__(self) -> None:
        await self._heartbeat.stop()
        await self._pool.close()


class IngestServer:
    """A member of the consumer group, with the pipeline behind it."""

    async def __init__(  # type: ignore[misc]
        self,
        args: AppArgs,
        identity: DeploymentHandle[Any],
        analysis: DeploymentHandle[Any],
        agent: DeploymentHandle[Any],
    ) -> None:
        configure_logging(args.log_level, "ingest")
        self._node = IngestWorker(
            pool=await _pool(args),
            kafka=args.kafka,
            identity=RemoteIdentity(identity),
            analysis=RemoteAnalysis(analysis),
            agent=RemoteAgent(agent),
            links=_links(args),
        )

    async def check_health(self) -> None:
        """Raise when a task has died: Serve replaces the replica."""
        await self._node.check_health()

    async def __del__(self) -> None:
        await self._node.close()


class DeliveryServer:
    """The outbox's way out: one sender a channel."""

    async def __init__(self, args: AppArgs) -> None:  # type: ignore[misc]
        configure_logging(args.log_level, "delivery")
        self._node = Delivery(pool=await _pool(args), senders=[WebFormSender()])

    async def check_health(self) -> None:
        """Raise when the loop has ended: Serve replaces the replica."""
        await self._node.check_health()

    async def __del__(self) -> None:
        await self._node.close()


class ReportingServer:
    """Sweeper and alerts, one for the whole installation."""

    async def __init__(self, args: AppArgs) -> None:  # type: ignore[misc]
        configure_logging(args.log_level, "reporting")
        self._node = Reporting(pool=await _pool(args), kafka=args.kafka, group=GROUP)

    async def check_health(self) -> None:
        """Raise when a task has died: Serve replaces the replica."""
        await self._node.check_health()

    async def __del__(self) -> None:
        await self._node.close()


def _model_settings(args: AppArgs) -> ModelSettings:
    key = args.model.api_key
    return ModelSettings(
        api_key=key.get_secret_value() if key else None,
        base_url=args.model.base_url,
        name=args.model.name,
        api=args.model.api,
        timeout_s=args.model.timeout_s,
    )
