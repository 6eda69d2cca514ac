"""What becomes of a message that failed: it is put off, and after a few attempts dead-lettered and handed over.

Attempts are counted in the store, so a killed worker forgets none. Only failures of the message's own come here: a
node or a database that is away for everybody is waited for (deployments.runtime.quarantine).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

import structlog

from db.pool import Pool
from db.records import Turn
from db.turns import bare_turn
from db.turns.end_turn import TurnLostError
from deployments.runtime.quarantine import MessageFaultError
from deployments.runtime.retries import in_transaction, until_it_answers, with_connection
from deployments.turns.endings import TurnEnd, TurnEndings, ids
from deployments.turns.failure_notice import FailureNotice
from deployments.turns.leases import TurnLeases, release
from deployments.turns.sentiment import unknown_sentiment

MAX_ATTEMPTS = 5
MAX_FAULTS = 3
"""Attempts of a message that hangs a node or kills its replicas: each of them costs everybody the replica's restart."""
RETRY_S: Sequence[float] = (1.0, 2.0, 4.0, 8.0)
PUT_OFF_S = 60.0

log = structlog.get_logger(__name__)


class TurnFailures:
    """Counts failures and gives up. `may_dead_letter` is asked before a turn is given up."""

    def __init__(
        self,
        *,
        pool: Pool,
        endings: TurnEndings,
        leases: TurnLeases,
        notice: FailureNotice,
        holder: str,
        may_dead_letter: Callable[[], bool],
        retry_s: Sequence[float],
    ) -> None:
        self._pool, self._endings, self._leases, self._notice = pool, endings, leases, notice
        self._holder, self._may_dead_letter, self._retry_s = holder, may_dead_letter, retry_s

    async def failed(self, turn: Turn, error: Exception, stages_ms: Mapping[str, float]) -> TurnEnd:
        """Count the failure of an open turn, and put it off or give it up. Raises TurnLostError.

        When not even that can be written the turn's lease is left to lapse, and the sweeper wakes it.
        """
        attempts = 1 + max(message.attempts for message in turn.waiting)
        most = _most_attempts(error)
        if attempts >= most and (turn.owner == "staff" or self._may_dead_letter()):
            try:
                return await self.give_up(turn, error, stages_ms)
            except TurnLostError:
                raise
            except Exception:
                log.exception("dead_letter_failed", **ids(turn))
        wait = self._pause(attempts, most)
        try:
            await self._endings.put_off(turn, retry_in=wait)
        except MessageFaultError:
            log.exception("failure_not_counted", **ids(turn))
            return TurnEnd(outcome="failed", look_again=False)
        return _put_off(attempts, most, wait)

    async def not_opened(self, inbox_id: UUID, error: Exception) -> TurnEnd:
        """Count a failure to open the turn of an inbox row. After the last a turn without its text is handed over."""
        most = _most_attempts(error)
        pauses = [self._pause(attempt, most) for attempt in range(1, most + 1)]
        attempts = await with_connection(self._pool, lambda c: bare_turn.count_failure(c, inbox_id, pauses))
        if attempts is None:
            return TurnEnd(outcome="idle", look_again=False)
        if attempts >= most and self._may_dead_letter() and (end := await self._give_up_unopened(inbox_id, error)):
            return end
        return _put_off(attempts, most, self._pause(attempts, most))

    async def _give_up_unopened(self, inbox_id: UUID, error: Exception) -> TurnEnd | None:
        """None: somebody else has the customer, or the conversation passed to a person meanwhile."""
        turn = await in_transaction(self._pool, lambda c: bare_turn.open_bare(c, inbox_id, self._holder))
        if turn is None:
            return None
        async with self._leases.held(turn.lease):
            try:
                return await self.give_up(turn, error, {})
            except Exception:
                log.exception("dead_letter_failed", **ids(turn))
                await release(self._pool, [turn.lease])
                return None

    async def give_up(self, turn: Turn, error: Exception, stages_ms: Mapping[str, float]) -> TurnEnd:
        """End a turn that failed for good: one notice to the customer, a hand-over, a dead letter with the cause.

        What a person has is held for the person all the same, without its sentiment. Raises TurnLostError.
        """
        if turn.owner == "staff":
            return await self._endings.held(turn, unknown_sentiment(turn), stages_ms, {})
        cause = f"{type(error).__name__}: {error}".partition("\n")[0][:300]
        decision = await until_it_answers(lambda: self._notice.decide(turn, cause=type(error).__name__))
        return await self._endings.finished(turn, decision, unknown_sentiment(turn), stages_ms, cause=cause)

    def _pause(self, attempts: int, most: int) -> float:
        return self._retry_s[min(attempts, len(self._retry_s)) - 1] if attempts < most else PUT_OFF_S


def _most_attempts(error: Exception) -> int:
    return MAX_FAULTS if isinstance(error, MessageFaultError) else MAX_ATTEMPTS


def _put_off(attempts: int, most: int, wait: float) -> TurnEnd:
    again = attempts < most
    return TurnEnd(outcome="failed", look_again=again, after_s=wait if again else 0.0)
