"""The ends of the pipeline's turns: finished with a decision, held for the staff or put off, each in one statement."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import structlog

from db.pool import Connection, Pool, acquire
from db.records import Decision, Turn
from db.turns import end_turn, leases
from db.turns.end_turn import TurnSentiment
from deployments.runtime import metrics
from deployments.runtime.quarantine import Quarantine
from deployments.runtime.wakeable import Wakeable
from deployments.turns.figures import count_turn
from deployments.turns.turn_writes import turn_writes
from ingest.bus.failpoints import Failpoint

WRITE_WITHIN_S = 30.0
"""Above the pool's own limits together (db.pool): these say more exactly what it was."""
Outcome = Literal["answered", "escalated", "held", "dead", "failed", "idle"]
"""`idle`: there was nothing to do, or somebody else is at it. `failed`: put off, the sweeper wakes it again."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnd:
    """How a turn ended, and whether (and after how many seconds) to look for more of its customer."""

    outcome: Outcome
    look_again: bool
    after_s: float = 0.0


class TurnEndings:
    """Writes the end of a turn, however often the database is away meanwhile.

    All ways raise TurnLostError, and MessageFaultError when the database answers others and not this write, as when
    something else holds a lock on the conversation for long: the turn is then put off, and its customer's lane is free.
    """

    def __init__(self, *, pool: Pool, relay: Wakeable, now: Callable[[], datetime], failpoint: Failpoint) -> None:
        self._pool, self._relay, self._now, self._failpoint = pool, relay, now, failpoint
        self._writes = Quarantine(node="database", probe=self._write_nothing, within_s=WRITE_WITHIN_S)

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
        writes = turn_writes(turn, sentiment, decision=decision, stages_ms=stages_ms, now=self._now(), cause=cause)
        outcome: Outcome = decision.outcome if cause is None else "dead"
        end = await self._written(outcome, turn, lambda c: end_turn.finish_turn(c, turn, decision, writes))
        count_turn(turn, outcome, stages_ms, decision)
        return end

    async def held(
        self, turn: Turn, sentiment: TurnSentiment, stages_ms: Mapping[str, float], scores: Mapping[str, float]
    ) -> TurnEnd:
        """End a turn of a conversation that the staff own."""
        writes = turn_writes(turn, sentiment, decision=None, stages_ms=stages_ms, now=self._now())
        end = await self._written("held", turn, lambda c: end_turn.hold_turn(c, turn, writes, scores))
        count_turn(turn, "held", stages_ms, None)
        return end

    async def put_off(self, turn: Turn, *, retry_in: float) -> None:
        """End a turn that failed: its messages count the attempt and wait for `retry_in` seconds."""

        async def failed() -> None:
            async with acquire(self._pool) as connection:
                await end_turn.fail_turn(connection, turn, retry_in=retry_in)

        await self._writes.call(turn.inbox_id, failed, failed)

    async def _written(self, outcome: Outcome, turn: Turn, write: Callable[[Connection], Awaitable[float]]) -> TurnEnd:
        async def ended() -> bool:
            async with acquire(self._pool) as connection:
                latency_ms = await write(connection)
                self._failpoint("pipeline:committed")
                if outcome != "held":
                    metrics.record(metrics.TURN, latency_ms / 1000, channel=turn.channel)
                self._relay.wake()
                log.info("turn_ended", outcome=outcome, ms=round(latency_ms), **ids(turn))
                return await end_turn.more_waiting(connection, turn.customer_id)

        return TurnEnd(outcome=outcome, look_again=await self._writes.call(turn.inbox_id, ended, ended))

    async def _write_nothing(self) -> None:
        async with acquire(self._pool) as connection:
            await leases.renew(connection, [])


def ids(turn: Turn) -> dict[str, str]:
    """Return what a log line says of a turn: no word of the customer's."""
    return {
        "inbox_id": str(turn.inbox_id),
        "conversation_id": str(turn.conversation_id),
        "ticket": turn.ticket.number,
        "channel": turn.channel,
    }
