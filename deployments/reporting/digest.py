"""The digest of a day or a span of days (M2): what came in, what became of it, what it was about."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar, get_args
from zoneinfo import ZoneInfo

from db.measurement import digest as counted
from db.measurement.digest import FirstAnswers, Moods, Resolutions
from db.measurement.metrics import ChannelFigures, channel_figures
from db.pool import Pool, acquire
from db.records import Channel
from db.tickets import ratings
from db.tickets.ratings import Ratings
from deployments.reporting.topics import Topic, topics

TOP_ISSUES, UNANSWERED = 8, 6
"""Topics that are shown."""
NO_ANSWER = "no_kb_match"
Row = TypeVar("Row", ChannelFigures, FirstAnswers, Moods, Resolutions, Ratings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The days `first` to `last` in a time zone, as moments."""

    since: datetime
    until: datetime

    @classmethod
    def of_days(cls, first: date, last: date, zone: ZoneInfo) -> Span:
        """Return the span from the first day's midnight to the one behind the last day."""
        return cls(
            since=datetime(first.year, first.month, first.day, tzinfo=zone),
            until=datetime.combine(last + timedelta(days=1), datetime.min.time(), tzinfo=zone),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDigest:
    """A channel's counts over the span, or those of all channels (`channel` None)."""

    channel: str | None
    figures: ChannelFigures
    first_answers: FirstAnswers
    resolutions: Resolutions
    moods: Moods
    ratings: Ratings
    reasons: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The digest of a span. `issues` are what most questions were about, `unanswered` what nothing was known about."""

    totals: ChannelDigest
    channels: tuple[ChannelDigest, ...]
    issues: tuple[Topic, ...]
    unanswered: tuple[Topic, ...]


async def digest_of(pool: Pool, span: Span, *, embedding_model: str, now: datetime) -> Digest:
    """Read and count. Raises DatabaseUnavailableError."""
    since, until = span.since, span.until
    async with acquire(pool) as connection:
        figures = await channel_figures(connection, since, until)
        answers = await counted.first_answers(connection, since, until)
        ended = await counted.resolutions(connection, since, until, now=now)
        moods = await counted.moods(connection, since, until)
        rated = await ratings.of_span(connection, since, until)
        reasons = await counted.reasons(connection, since, until)
        asked = await counted.questions(connection, since, until)
        passages = await counted.passage_vectors(connection, embedding_model)
    # Milliseconds for a day's questions, a second for the most there may be: not on the loop.
    issues = await asyncio.to_thread(topics, asked, passages, most=TOP_ISSUES, least=2)
    in_vain = [question for question in asked if question.reason == NO_ANSWER]
    unanswered = await asyncio.to_thread(topics, in_vain, passages, most=UNANSWERED)

    def of_channel(name: str | None) -> ChannelDigest:
        return ChannelDigest(
            channel=name,
            figures=_row(figures, name)
            or ChannelFigures(
                channel=name, conversations=0, messages=0, turns=0, escalations=0, sentiment=None, latency_ms=None,
                latency_p95_ms=None,
            ),
            first_answers=_row(answers, name)
            or FirstAnswers(channel=name, tickets=0, answered=0, p50_s=None, p90_s=None, p95_s=None),
            resolutions=_row(ended, name) or Resolutions(channel=name, durable=0, reopened=0, pending=0, given_up=0),
            moods=_row(moods, name) or Moods(channel=name, messages=0, angry=0, uneasy=0),
            ratings=_row(rated, name) or Ratings(channel=name, good=0, bad=0, asked=0),
            reasons={reason.reason: reason.count for reason in reasons if reason.channel == name},
        )  # fmt: skip

    return Digest(
        totals=of_channel(None),
        channels=tuple(of_channel(name) for name in get_args(Channel)),
        issues=tuple(issues),
        unanswered=tuple(unanswered),
    )


def _row(rows: Sequence[Row], channel: str | None) -> Row | None:
    return next((row for row in rows if row.channel == channel), None)
