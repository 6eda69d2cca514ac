"""The three nodes as the pipeline calls them, each with a watch: /health shows which of them does not answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from db.records import Analysis, Decision, Turn
from deployments.runtime.watch import PROBE_EVERY_S, Watch
from deployments.turns.node_calls import PROBE, Analyser, ProbedAgent, TurnOpener


class WatchedNodes:
    """`identity`, `analysis` and `agent` pass every call on. `holder` is who probes identity, for no message."""

    def __init__(
        self,
        *,
        identity: TurnOpener,
        analysis: Analyser,
        agent: ProbedAgent,
        holder: str,
        every_s: float = PROBE_EVERY_S,
    ) -> None:
        self._watches = {
            "identity": Watch(lambda: identity.open_turns([], holder), every_s=every_s),
            "analysis": Watch(lambda: analysis.analyse([PROBE]), every_s=every_s),
            "agent": Watch(agent.ready, every_s=every_s),
        }
        self.identity = _Identity(identity, self._watches["identity"])
        self.analysis = _Analysis(analysis, self._watches["analysis"])
        self.agent = _Agent(agent, self._watches["agent"])

    def failing(self) -> Mapping[str, str]:
        """Return what is wrong with each node that does not answer."""
        return {node: watch.problem for node, watch in self._watches.items() if watch.problem}

    async def close(self) -> None:
        """Stop probing."""
        for watch in self._watches.values():
            await watch.close()


class _Identity:
    def __init__(self, node: TurnOpener, watch: Watch) -> None:
        self._node, self._watch = node, watch

    async def open_turns(self, inbox_ids: Sequence[UUID], holder: str) -> dict[UUID, Turn]:
        async with self._watch.call():
            return await self._node.open_turns(inbox_ids, holder)


class _Analysis:
    def __init__(self, node: Analyser, watch: Watch) -> None:
        self._node, self._watch = node, watch

    async def analyse(self, texts: Sequence[str]) -> list[Analysis]:
        async with self._watch.call():
            return await self._node.analyse(texts)


class _Agent:
    def __init__(self, node: ProbedAgent, watch: Watch) -> None:
        self._node, self._watch = node, watch

    async def run(self, turn: Turn, analysis: Analysis) -> Decision:
        async with self._watch.call():
            return await self._node.run(turn, analysis)

    async def ready(self) -> None:
        async with self._watch.call():
            await self._node.ready()
