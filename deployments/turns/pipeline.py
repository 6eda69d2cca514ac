"""The way of a message through the graph: plain code that asks three nodes and ends in one transaction.

Whatever process dies at whatever point, the message waits in the store and a lease tells when somebody else may take
it; only the one statement that ends a turn (db/turns/end_turn.sql) counts, and it counts once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol, TypeVar
from uuid import UUID

import structlog

from db.pool import Connection, Pool
from db.records import Analysis, Decision, Turn
from db.turns import end_turn
from db.turns.end_turn import TurnLostError
from deployments.runtime.batching import Batcher
from deployments.runtime.retries import answered, until_it_answers, with_connection
from deployments.turns.closing import closing_of, mood_of, texts_of, unknown_mood
from deployments.turns.failure_notice import FailureNotice
from deployments.turns.leases import TurnLeases, release
from deployments.turns.policy import TurnAgent, TurnPolicy
from ingest.bus.failpoints import Failpoint, no_failpoint
from ingest.events import InboundMessage

Outcome = Literal["answered", "escalated", "held", "dead", "failed", "idle"]
"""`idle`: there was nothing to do, or somebody else is at it. `failed`: put off, the sweeper wakes it again."""

ANSWER_WITHIN_S = 30.0
DECIDE_WITHIN_S = 120.0
"""Above all of the agent's own limits together."""
MAX_ATTEMPTS = 5
RETRY_S: Sequence[float] = (1.0, 2.0, 4.0, 8.0)
PUT_OFF_S = 60.0
LOST_S = 0.1
"""The pause before a lost turn is opened anew, so that one which is lost again and again burns no processor."""

T = TypeVar("T")
log = structlog.get_logger(__name__)


class TurnOpener(Protocol):
    """Opens turns; as deployments.identity.node."""

    async def open_turns(self, inbox_ids: Sequence[UUID], holder: str) -> dict[UUID, Turn]: ...


class Analyser(Protocol):
    """Analyses texts, in order; as deployments.analysis_node."""

    async def analyse(self, texts: Sequence[str]) -> list[Analysis]: ...


class Wakeable(Protocol):
    """Publishes committed events soon after it is woken; as ingest.bus.relay."""

    def wake(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """How a turn ended, and whether (and after how many seconds) to look for more of its customer."""

    outcome: Outcome
    look_again: bool
    after_s: float = 0.0


@dataclass(slots=True)
class _Stopwatch:
    """Times the stages of a turn, in milliseconds."""

    clock: Callable[[], float]
    stages_ms: dict[str, float] = field(default_factory=dict)

    async def timed(self, stage: str, call: Awaitable[T]) -> T:
        started = self.clock()
        try:
            return await call
        finally:
            self.stages_ms[stage] = round((self.clock() - started) * 1000, 2)


class Pipeline:
    """Handles the records that say "work waits for this customer", many at once.

    `holder` names this process in leases; `may_dead_letter` is asked before a turn is given up.
    """

    def __init__(
        self,
        *,
        pool: Pool,
        identity: TurnOpener,
        analysis: Analyser,
        agent: TurnAgent,
        policy: TurnPolicy,
        failure_notice: FailureNotice,
        relay: Wakeable,
        holder: str,
        may_dead_letter: Callable[[], bool] = lambda: True,
        retry_s: Sequence[float] = RETRY_S,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        failpoint: Failpoint = no_failpoint,
    ) -> None:
        self._pool, self._identity, self._agent, self._policy = pool, identity, agent, policy
        self._failure_notice, self._relay = failure_notice, relay
        self._holder, self._may_dead_letter, self._retry_s = holder, may_dead_letter, retry_s
        self._clock, self._now, self._failpoint = clock, now, failpoint
        self._open = Batcher(self._open_many)
        self._analyse = Batcher(analysis.analyse)
        self._leases = TurnLeases(pool)

    async def handle(self, message: InboundMessage) -> Outcome:
        """Work off what waits for the customer whom this record names, until nothing of it is due any more."""
        end = _End(outcome="idle", look_again=True)
        while end.look_again:
            watch = _Stopwatch(self._clock)
            opened = until_it_answers(lambda: answered(self._open(message.inbox_id), within_s=ANSWER_WITHIN_S))
            turn = await watch.timed("identity", opened)
            if turn is None:
                break
            self._failpoint("pipeline:opened")
            async with self._leases.held(turn.lease):
                end = await self._settle(turn, watch)
            await asyncio.sleep(end.after_s)
        return end.outcome

    async def close(self) -> None:
        """Hand back the leases of turns that were cut off."""
        await self._leases.close()

    async def _open_many(self, inbox_ids: Sequence[UUID]) -> list[Turn | None]:
        opened = await self._identity.open_turns(inbox_ids, self._holder)
        return [opened.get(inbox_id) for inbox_id in inbox_ids]

    async def _settle(self, turn: Turn, watch: _Stopwatch) -> _End:
        try:
            try:
                return await self._run(turn, watch)
            except TurnLostError:
                raise
            except Exception as error:
                log.exception("turn_failed", **_ids(turn))
                return await self._failed(turn, error, watch)
        except TurnLostError:
            # Fenced, or a person took over: whatever still waits is opened anew, under what holds now.
            log.info("turn_lost", **_ids(turn))
            await release(self._pool, [turn.lease])
            return _End(outcome="idle", look_again=True, after_s=LOST_S)

    async def _run(self, turn: Turn, watch: _Stopwatch) -> _End:
        analysed = until_it_answers(lambda: answered(self._analyse_all(turn), within_s=ANSWER_WITHIN_S))
        analyses = await watch.timed("analysis", analysed)
        mood = mood_of(turn, analyses)
        self._failpoint("pipeline:analysed")
        if turn.owner == "staff":
            closing = closing_of(turn, mood, decision=None, stages_ms=watch.stages_ms, now=self._now())
            return await self._end("held", turn, lambda c: end_turn.hold_turn(c, turn, closing, analyses[0].escalation))
        decision = await watch.timed("agent", until_it_answers(lambda: self._decide(turn, analyses[0])))
        self._failpoint("pipeline:decided")
        closing = closing_of(turn, mood, decision=decision, stages_ms=watch.stages_ms, now=self._now())
        return await self._end(decision.outcome, turn, lambda c: end_turn.finish_turn(c, turn, decision, closing))

    async def _analyse_all(self, turn: Turn) -> list[Analysis]:
        return list(await asyncio.gather(*(self._analyse(text) for text in texts_of(turn))))

    async def _decide(self, turn: Turn, analysis: Analysis) -> Decision:
        # Unlike the other nodes' silence this counts against the message: it may be what the agent hangs on.
        async with asyncio.timeout(DECIDE_WITHIN_S):
            return await self._policy.decide(self._agent, turn, analysis)

    async def _end(self, outcome: Outcome, turn: Turn, write: Callable[[Connection], Awaitable[float]]) -> _End:
        async def ended(connection: Connection) -> bool:
            latency_ms = await write(connection)
            self._failpoint("pipeline:committed")
            self._relay.wake()
            log.info("turn_ended", outcome=outcome, ms=round(latency_ms), **_ids(turn))
            return await end_turn.more_waiting(connection, turn.customer_id)

        return _End(outcome=outcome, look_again=await with_connection(self._pool, ended))

    async def _failed(self, turn: Turn, error: Exception, watch: _Stopwatch) -> _End:
        attempts = 1 + max(message.attempts for message in turn.waiting)
        if attempts >= MAX_ATTEMPTS and (turn.owner == "staff" or self._may_dead_letter()):
            try:
                return await self._give_up(turn, error, watch)
            except TurnLostError:
                raise
            except Exception:
                log.exception("dead_letter_failed", **_ids(turn))
        again = attempts < MAX_ATTEMPTS
        wait = self._retry_s[min(attempts, len(self._retry_s)) - 1] if again else PUT_OFF_S
        await with_connection(self._pool, lambda c: end_turn.fail_turn(c, turn, retry_in=wait))
        return _End(outcome="failed", look_again=again, after_s=wait if again else 0.0)

    async def _give_up(self, turn: Turn, error: Exception, watch: _Stopwatch) -> _End:
        """What a person has is held for the person all the same, without its mood; the rest is dead-lettered."""
        if turn.owner == "agent":
            return await self._dead_letter(turn, error, watch)
        closing = closing_of(turn, unknown_mood(turn), decision=None, stages_ms=watch.stages_ms, now=self._now())
        return await self._end("held", turn, lambda c: end_turn.hold_turn(c, turn, closing, {}))

    async def _dead_letter(self, turn: Turn, error: Exception, watch: _Stopwatch) -> _End:
        """End a turn that failed for good: one notice to the customer, a hand-over, a dead letter with the cause."""
        cause = f"{type(error).__name__}: {error}".partition("\n")[0][:300]
        decision = await until_it_answers(lambda: self._failure_notice.decide(turn, cause=type(error).__name__))
        closing = closing_of(
            turn, unknown_mood(turn), decision=decision, stages_ms=watch.stages_ms, now=self._now(), cause=cause
        )
        return await self._end("dead", turn, lambda c: end_turn.finish_turn(c, turn, decision, closing))


def _ids(turn: Turn) -> dict[str, str]:
    return {
        "inbox_id": str(turn.inbox_id),
        "conversation_id": str(turn.conversation_id),
        "ticket": turn.ticket.number,
        "channel": turn.channel,
    }
