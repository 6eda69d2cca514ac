"""Announces the digest of the day before, each morning once: some figures and the link, nothing of a customer's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from db.operations import notifications
from db.pool import Pool, transaction
from deployments.reporting.digest import Digest, Span, digest_of


class Morning:
    """`at` is in the zone. A day whose morning nothing ran, as in an outage, is announced later that day."""

    def __init__(
        self,
        *,
        pool: Pool,
        zone: ZoneInfo,
        at: time,
        page_url: str,
        embedding_model: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pool, self._zone, self._at, self._page_url, self._clock = pool, zone, at, page_url, clock
        self._embedding_model = embedding_model
        self._done = ""

    async def run_once(self) -> None:
        """Queue the announcement when it is time. Raises DatabaseUnavailableError."""
        now = self._clock()
        local = now.astimezone(self._zone)
        day = local.date() - timedelta(days=1)
        key = f"digest:{day}"
        if local.time() < self._at or key == self._done:
            return
        span = Span.of_days(day, day, self._zone)
        digest = await digest_of(self._pool, span, embedding_model=self._embedding_model, now=now)
        body = f"{describe(digest)} {self._page_url}?day={day}"
        async with transaction(self._pool) as connection:
            # Its key is known from then on, whoever runs: a day is announced once.
            await notifications.add(connection, key, body, due_at=now)
        self._done = key


def describe(digest: Digest) -> str:
    """Return the day in one sentence of figures."""
    totals = digest.totals
    figures, ended = totals.figures, totals.resolutions
    wait = totals.first_answers.p50_s
    parts = [
        f"{figures.messages} messages in {figures.conversations} new conversations",
        f"{figures.escalations} handed over",
        f"{ended.durable + ended.pending} resolved",
    ]
    if ended.given_up:
        parts.append(f"{ended.given_up} given up")
    if wait is not None:
        parts.append(f"half of the first answers within {wait:.0f} s")
    return f"Yesterday: {', '.join(parts)}."
