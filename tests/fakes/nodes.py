"""Fakes of the analysis and agent nodes with scripted results, without an encoder or a model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from db.records import Analysis, Decision, Turn
from tests.fixtures.waiting import eventually


@dataclass(slots=True)
class FlatAnalysis:
    """Scores every text alike, unless it contains a word with a score of its own."""

    scores: dict[str, float] = field(default_factory=dict)
    calls: list[list[str]] = field(default_factory=list)

    async def analyse(self, texts: Sequence[str]) -> list[Analysis]:
        self.calls.append(list(texts))
        return [
            Analysis(model_id="flat", vector=(1.0,), sentiment=self._score(text), escalation={"refund": 0.0})
            for text in texts
        ]

    def _score(self, text: str) -> float:
        return next((score for word, score in self.scores.items() if word in text), 0.6)


@dataclass(slots=True)
class ScriptedAgent:
    """Answers every turn with its text, hands over what contains HANDOVER, fails on what contains BROKEN.

    `delay_s` is how long its model thinks; between `hold` and `let_go` it thinks on. `before` runs first and may raise,
    `decide` makes the decision. Two runs of one customer at once are counted as overlaps;
    `most_at_once` counts customers.
    """

    delay_s: float = 0.0
    before: Callable[[Turn], None] = lambda turn: None
    decide: Callable[[Turn, Analysis], Decision] = lambda turn, analysis: decision(turn, analysis)
    runs: list[Turn] = field(default_factory=list)
    overlaps: int = 0
    most_at_once: int = 0
    _busy: set[object] = field(default_factory=set)
    _held: asyncio.Event | None = None

    def hold(self) -> None:
        """Let no run end from now on."""
        self._held = asyncio.Event()

    def let_go(self) -> None:
        """Let all runs end."""
        assert self._held is not None
        self._held.set()

    async def thinking(self, runs: int = 1) -> None:
        """Wait until so many runs have begun, since the beginning."""
        await eventually(lambda: len(self.runs) >= runs, pause_s=0.01)

    async def run(self, turn: Turn, analysis: Analysis) -> Decision:
        self.runs.append(turn)
        self.before(turn)
        self.overlaps += turn.customer_id in self._busy
        self._busy.add(turn.customer_id)
        self.most_at_once = max(self.most_at_once, len(self._busy))
        try:
            await asyncio.sleep(self.delay_s)
            if self._held is not None:
                await self._held.wait()
        finally:
            self._busy.discard(turn.customer_id)
        if "BROKEN" in turn.text:
            raise ValueError("the agent can't handle this")
        return self.decide(turn, analysis)

    async def ready(self) -> None:
        """Always."""


def decision(turn: Turn, analysis: Analysis) -> Decision:
    """Return the scripted decision for a turn."""
    escalated = "HANDOVER" in turn.text
    return Decision(
        outcome="escalated" if escalated else "answered",
        reply=f"About: {turn.text}",
        rule="scripted",
        model="scripted",
        priority="high" if escalated else turn.ticket.priority,
        sentiment=analysis.sentiment,
        reason="human_request" if escalated else None,
        severity="medium" if escalated else None,
        queue="general" if escalated else None,
        summary="wants a person" if escalated else "",
    )
