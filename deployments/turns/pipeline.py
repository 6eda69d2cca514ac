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
from typing import TypeVar

import structlog

from db.pool import Pool
from db.records import Turn
from db.turns.end_turn import TurnLostError
from deployments.runtime.retries import until_it_answers
from deployments.runtime.wakeable import Wakeable
from deployments.turns.endings import Outcome, TurnEnd, TurnEndings, ids
from deployments.turns.failure_notice import FailureNotice
from deployments.turns.failures import RETRY_S, TurnFailures
from deployments.turns.leases import TurnLeases, release
from deployments.turns.node_calls import NodeCalls
from deployments.turns.sentiment import sentiment_of, unknown_sentiment
from ingest.bus.failpoints import Failpoint, no_failpoint
from ingest.events import InboundMessage

LOST_S = 0.1
"""The pause before a lost turn is opened anew, so that one which is lost again and again burns no processor."""

T = TypeVar("T")
log = structlog.get_logger(__name__)


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
        nodes: NodeCalls,
        failure_notice: FailureNotice,
        relay: Wakeable,
        holder: str,
        may_dead_letter: Callable[[], bool] = lambda: True,
        retry_s: Sequence[float] = RETRY_S,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        failpoint: Failpoint = no_failpoint,
    ) -> None:
        self._pool, self._nodes, self._notice = pool, nodes, failure_notice
        self._clock, self._failpoint = clock, failpoint
        self._leases = TurnLeases(pool)
        self._endings = TurnEndings(pool=pool, relay=relay, now=now, failpoint=failpoint)
        self._failures = TurnFailures(
            pool=pool,
            endings=self._endings,
            leases=self._leases,
            notice=failure_notice,
            holder=holder,
            may_dead_letter=may_dead_letter,
            retry_s=retry_s,
        )

    async def handle(self, message: InboundMessage) -> Outcome:
        """Work off what waits for the customer whom this record names, until nothing of it is due any more."""
        end = TurnEnd(outcome="idle", look_again=True)
        while end.look_again:
            watch = _Stopwatch(self._clock)
            try:
                turn = await watch.timed("identity", self._nodes.open(message.inbox_id))
            except Exception as error:
                log.exception("turn_not_opened", inbox_id=str(message.inbox_id))
                end = await self._failures.not_opened(message.inbox_id, error)
            else:
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

    async def _settle(self, turn: Turn, watch: _Stopwatch) -> TurnEnd:
        try:
            try:
                return await self._run(turn, watch)
            except TurnLostError:
                raise
            except Exception as error:
                log.exception("turn_failed", **ids(turn))
                return await self._failures.failed(turn, error, watch.stages_ms)
        except TurnLostError:
            # Fenced, or a person took over: whatever still waits is opened anew, under what holds now.
            log.info("turn_lost", **ids(turn))
            await release(self._pool, [turn.lease])
            return TurnEnd(outcome="idle", look_again=True, after_s=LOST_S)

    async def _run(self, turn: Turn, watch: _Stopwatch) -> TurnEnd:
        if turn.owner == "agent" and (turn.unparsed or turn.doubtful):
            return await self._hand_over_unread(turn, watch)
        analyses = await watch.timed("analysis", self._nodes.analyse(turn))
        sentiment = sentiment_of(turn, analyses)
        self._failpoint("pipeline:analysed")
        if turn.owner == "staff":
            return await self._endings.held(turn, sentiment, watch.stages_ms, analyses[0].escalation)
        decision = await watch.timed("agent", self._nodes.decide(turn, analyses[0]))
        self._failpoint("pipeline:decided")
        return await self._endings.finished(turn, decision, sentiment, watch.stages_ms)

    async def _hand_over_unread(self, turn: Turn, watch: _Stopwatch) -> TurnEnd:
        """Hand over without analysis and agent: an unparsed mail's text is in the mailbox, where a person reads it, and
        whether a doubtful one, which may be a machine's, is answered at all a person decides."""
        notice = self._notice.unparsed if turn.unparsed else self._notice.doubtful
        decision = await self._nodes.hand_over(turn, await until_it_answers(lambda: notice(turn)))
        return await self._endings.finished(turn, decision, unknown_sentiment(turn), watch.stages_ms)
