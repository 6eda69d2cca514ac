"""Nodes that poison does to what it does in production: it kills a replica, hangs it, or breaks its code."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from db.pool import acquire
from db.records import Analysis, Decision, Turn
from deployments.identity.node import IdentityNode
from deployments.runtime.retries import NodeDiedError, NodeUnavailableError
from tests.fakes.nodes import FlatAnalysis, ScriptedAgent

KINDS = ("SLOW-ANALYSIS", "KILLS-ANALYSIS", "KILLS-AGENT", "BREAKS-IDENTITY", "KILLS-IDENTITY")


@dataclass(slots=True)
class Replica:
    """One process: when it dies every call in it fails, and it is away until it has been replaced."""

    restart_s: float
    ongoing: int = 0
    _encoder: asyncio.Lock = field(default_factory=asyncio.Lock)
    _died: asyncio.Event = field(default_factory=asyncio.Event)
    _back_at: float = 0.0

    def chosen(self) -> Replica:
        """The process that takes the next call."""
        return self

    @property
    def is_there(self) -> bool:
        """Whether it has been replaced since it died last."""
        return asyncio.get_running_loop().time() >= self._back_at

    async def run(self, seconds: float, *, dies: bool, hangs: bool = False) -> None:
        """Work so long; with `dies` that is the end of the process. What hangs holds up what comes after it."""
        if not self.is_there:
            raise NodeUnavailableError("ActorUnavailableError")
        died = self._died
        self.ongoing += 1
        try:
            async with self._encoder:
                await asyncio.sleep(3600 if hangs else 0.0)
            if dies:
                await asyncio.sleep(seconds / 2)
                self._die()
            await asyncio.sleep(seconds)
        finally:
            self.ongoing -= 1
        if died.is_set():
            raise NodeDiedError("ActorDiedError")

    def _die(self) -> None:
        self._back_at = asyncio.get_running_loop().time() + self.restart_s
        died, self._died = self._died, asyncio.Event()
        died.set()


class Replicas(Replica):
    """Several processes of one node: as Serve does, a call goes to one that is there and has the fewest to do."""

    def __init__(self, count: int, restart_s: float) -> None:
        super().__init__(restart_s)
        self._each = [Replica(restart_s) for _ in range(count)]

    def chosen(self) -> Replica:
        return min(self._each, key=lambda one: (not one.is_there, one.ongoing))


@dataclass(slots=True)
class PoisonedAnalysis(FlatAnalysis):
    """As the node: one text after the other, those of a call whose caller is gone no more."""

    replica: Replica = field(default_factory=lambda: Replica(0.3))

    async def analyse(self, texts: Sequence[str]) -> list[Analysis]:
        dies = any("KILLS-ANALYSIS" in text for text in texts)
        await self.replica.chosen().run(0.005, dies=dies, hangs=any("SLOW-ANALYSIS" in text for text in texts))
        return await FlatAnalysis.analyse(self, texts)


@dataclass(slots=True)
class PoisonedAgent(ScriptedAgent):
    """Thinks for a moment."""

    replica: Replica = field(default_factory=lambda: Replica(0.3))

    async def run(self, turn: Turn, analysis: Analysis) -> Decision:
        await self.replica.chosen().run(0.02, dies="KILLS-AGENT" in turn.text)
        return await ScriptedAgent.run(self, turn, analysis)

    async def ready(self) -> None:
        await self.replica.chosen().run(0.0, dies=False)


class PoisonedIdentity(IdentityNode):
    """The real node, which stumbles over what it reads."""

    replica: Replica

    async def open_turns(self, inbox_ids: Sequence[UUID], holder: str) -> dict[UUID, Turn]:
        async with acquire(self._pool) as connection:
            texts: list[str] = [
                row["content"]
                for row in await connection.fetch(
                    "SELECT m.content FROM inbox i JOIN messages m ON m.id = i.message_id WHERE i.id = ANY ($1)",
                    list(inbox_ids),
                )
            ]
        await self.replica.chosen().run(0.005, dies=any("KILLS-IDENTITY" in text for text in texts))
        if any("BREAKS-IDENTITY" in text for text in texts):
            raise ValueError("a row that no code expected")
        return await super().open_turns(inbox_ids, holder)
