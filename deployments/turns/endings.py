"""The ends of the pipeline's turns: finished with a decision or held for the staff, each written in one statement."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import structlog

from db.pool import Connection, Pool
from db.records import Decision, Turn
from db.turns import end_turn
from db.turns.end_turn import TurnSentiment
from deployments.runtime.retries import with_connection
from deployments.runtime.wakeable import Wakeable
from deployments.turns.turn_writes import turn_writes
from ingest.bus.failpoints import Failpoint

Outcome = Literal["answered", "escalated", "held", "dead", "failed", "idle"]
"""`idle`: there was nothing to do, or somebody else is at it. `failed`: put off, the sweeper wakes it again."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnd:
    """How a turn ended, and whether (and after how many seconds) to look for more of its customer."""

    outcome: Outcome
    look_again: bool
    after_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEndings:
    """Writes the end of a turn, however often the database is away meanwhile. Both ways raise TurnLostError."""

    pool: Pool
    relay: Wakeable
    now: Callable[[], datetime]
    failpoint: Failpoint

    async def finished(
        self,
        turn: Turn,
        decision: Decision,
        sentiment: TurnSentiment,
        stages_ms: Mapping[str, float],
        *,
        cause: str | None = None,
    ) -> TurnEnd:
        """End a turn with a decision; with a cause it is dead-lettered."""
        writes = turn_writes(turn, sentiment, decision=decision, stages_ms=stages_ms, now=self.now(), cause=cause)
        outcome: Outcome = decision.outcome if cause is None else "dead"
        return await self._written(outcome, turn, lambda c: end_turn.finish_turn(c, turn, decision, writes))

    async def held(
        self, turn: Turn, sentiment: TurnSentiment, stages_ms: Mapping[str, float], scores: Mapping[str, float]
    ) -> TurnEnd:
        """End a turn of a conversation that the staff own."""
        writes = turn_writes(turn, sentiment, decision=None, stages_ms=stages_ms, now=self.now())
        return await self._written("held", turn, lambda c: end_turn.hold_turn(c, turn, writes, scores))

    async def _written(self, outcome: Outcome, turn: Turn, write: Callable[[Connection], Awaitable[float]]) -> TurnEnd:
        async def ended(connection: Connection) -> bool:
            latency_ms = await write(connection)
            self.failpoint("pipeline:committed")
            self.relay.wake()
            log.info("turn_ended", outcome=outcome, ms=round(latency_ms), **ids(turn))
            return await end_turn.more_waiting(connection, turn.customer_id)

        return TurnEnd(outcome=outcome, look_again=await with_connection(self.pool, ended))


def ids(turn: Turn) -> dict[str, str]:
    """Return what a log line says of a turn: no word of the customer's."""
    return {
        "inbox_id": str(turn.inbox_id),
        "conversation_id": str(turn.conversation_id),
        "ticket": turn.ticket.number,
        "channel": turn.channel,
    }
