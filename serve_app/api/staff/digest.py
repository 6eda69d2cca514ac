"""The digest of a day or of some days (H10, M2), beside the days before."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, BeforeValidator, Field
from pydantic.json_schema import SkipJsonSchema
from starlette.responses import Response

from db.records import Channel
from deployments.reporting.digest import ChannelDigest, Digest, Span, digest_of
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError
from serve_app.api.base.models import Figures
from serve_app.api.base.routes import add_route, errors, json_response
from serve_app.api.staff.reports import figures_of
from serve_app.api.staff.security import STAFF

MOST_DAYS = 92
_WRITTEN = re.compile(r"\d{4}-\d\d-\d\d")


def _as_written(value: object) -> object:
    """Refuse what is no day on paper: pydantic takes seconds since 1970 for a day, too."""
    if isinstance(value, str) and not _WRITTEN.fullmatch(value):
        raise ValueError("expected a day such as 2026-11-30")
    return value


Day = Annotated[date | SkipJsonSchema[None], BeforeValidator(_as_written)]
DAY = timedelta(days=1)
View = TypeVar("View", bound=BaseModel)


class FirstAnswerView(BaseModel):
    """How long the tickets opened in these days waited for an answer; a hand-over's notice is none."""

    tickets: int
    answered: int
    p50_s: float | None = Field(description="Seconds; null without an answer")
    p90_s: float | None
    p95_s: float | None


class ResolutionView(BaseModel):
    """The tickets that ended in these days. Giving up is no resolution."""

    durable: int = Field(description="Not opened again for 72 hours")
    reopened: int
    pending: int = Field(description="Resolved less than 72 hours ago: not known yet, and not in the rate")
    given_up: int = Field(description="Without an answer to the customer's last message, or closed unresolved")
    rate: float | None = Field(description="The durable share of those that are known; null without any")


class MoodView(BaseModel):
    """The customers' messages by mood."""

    messages: int
    angry: int
    uneasy: int


class RatingView(BaseModel):
    """The customers' marks for their tickets."""

    good: int
    bad: int
    asked: int = Field(description="Customers who were asked by WhatsApp or mail; on the web the ticket's page asks")


class CountsView(BaseModel):
    """What is counted, of a channel or over all."""

    figures: Figures = Field(description="As /metrics/channels shows them")
    first_answer: FirstAnswerView
    resolution: ResolutionView
    mood: MoodView
    ratings: RatingView
    escalations: dict[str, int] = Field(description="By reason; together the escalation_count of the figures")


class ChannelCounts(CountsView):
    """The counts of one channel."""

    channel: Channel


class TopicView(BaseModel):
    """Questions about one thing."""

    words: list[str] = Field(description="By which they are told from the others")
    title: str | None = Field(description="The passage that most of them found")
    questions: int
    customers: int
    escalated: int
    tickets: list[str] = Field(description="Examples")


class DigestView(BaseModel):
    """The digest of some days."""

    first_day: date
    last_day: date
    totals: CountsView
    channels: list[ChannelCounts]
    issues: list[TopicView] = Field(description="What most questions were about")
    unanswered: list[TopicView] = Field(description="What the knowledge base had no answer to")


class DigestPair(BaseModel):
    """The digest of the days asked for, and that of as many days before."""

    timezone: str
    digest: DigestView
    before: DigestView


class DigestCalls:
    """Handler of /metrics/digest."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps
        self._zone = ZoneInfo(deps.timezone)

    async def digest(
        self,
        request: Request,
        day: Annotated[Day, Query(description="The day, or the first one; yesterday if left out")] = None,
        until: Annotated[Day, Query(description="The last day; the same one if left out")] = None,
    ) -> Response:
        """Show the digest of a day of the support team's time zone, or of some days, beside as many days before."""
        await self._deps.staff.require(request)
        now = self._deps.clock()
        today = now.astimezone(self._zone).date()
        first = day or today - DAY
        last = until or first
        _check(first, last, today)
        days = (last - first).days + 1
        found = await self._of(first, last, now)
        before = await self._of(first - days * DAY, first - DAY, now)
        return json_response(DigestPair(timezone=self._deps.timezone, digest=found, before=before))

    async def _of(self, first: date, last: date, now: datetime) -> DigestView:
        span = Span.of_days(first, last, self._zone)
        found = await digest_of(self._deps.pool, span, embedding_model=self._deps.embedding_model, now=now)
        return _view(first, last, found)


def digest_router(deps: ApiDeps) -> APIRouter:
    """Return the route of the digest."""
    router = APIRouter(tags=["staff"], dependencies=[STAFF])
    add_route(
        router, "GET", "/metrics/digest", "/metrics/digest", DigestCalls(deps).digest,
        summary="The digest of a day", response_model=DigestPair, responses=errors(400, 401, 403, 429, 503),
    )  # fmt: skip
    return router


def _check(first: date, last: date, today: date) -> None:
    """Raise ApiError 400 for days that no digest can be made of."""
    problem = ""
    if first > today:
        problem = "that day has not begun"
    elif last < first:
        problem = "the last day is before the first"
    elif (last - first).days >= MOST_DAYS:
        problem = f"at most {MOST_DAYS} days"
    elif first.year < today.year - 100:
        problem = "too long ago"
    if problem:
        raise ApiError(400, f"There is no such digest: {problem}", code="VALIDATION_ERROR", field="day")


def _view(first: date, last: date, found: Digest) -> DigestView:
    return DigestView(
        first_day=first,
        last_day=last,
        totals=CountsView(**_counts(found.totals)),
        channels=[ChannelCounts(channel=each.channel, **_counts(each)) for each in found.channels],
        issues=[_shown(TopicView, topic) for topic in found.issues],
        unanswered=[_shown(TopicView, topic) for topic in found.unanswered],
    )


def _shown(view: type[View], record: object) -> View:
    return view.model_validate(record, from_attributes=True)


def _counts(of: ChannelDigest) -> dict[str, object]:
    ended = of.resolutions
    known = ended.durable + ended.reopened + ended.given_up
    rate = ended.durable / known if known else None
    return {
        "figures": Figures(**figures_of(of.figures)),
        "first_answer": _shown(FirstAnswerView, of.first_answers),
        "resolution": ResolutionView(
            durable=ended.durable,
            reopened=ended.reopened,
            pending=ended.pending,
            given_up=ended.given_up,
            rate=rate,
        ),
        "mood": _shown(MoodView, of.moods),
        "ratings": _shown(RatingView, of.ratings),
        "escalations": of.reasons,
    }
