"""What the digest counts beside the figures of the channels: first answers, resolutions, moods, reasons, questions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from db.pool import Connection
from db.sql import statements

DURABLE = timedelta(hours=72)
"""A resolution counts when the ticket has not been opened again for so long."""
MOST_QUESTIONS = 2000
_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAnswers:
    """The first answers to tickets opened in a span, in seconds; `channel` None: all. A hand-over's notice is none."""

    channel: str | None
    tickets: int
    answered: int
    p50_s: float | None
    p90_s: float | None
    p95_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolutions:
    """The tickets that ended in a span, each by its last end; `channel` None: all.

    `durable` stayed resolved for 72 hours, `reopened` did not, of `pending` it is not known yet. `given_up` ended
    without an answer to the customer's last message, or were closed without being resolved.
    """

    channel: str | None
    durable: int
    reopened: int
    pending: int
    given_up: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moods:
    """The customers' messages by mood; `channel` None: all. Angry is below 0.3, uneasy below 0.5."""

    channel: str | None
    messages: int
    angry: int
    uneasy: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """How often a reason handed over; `channel` None: on all of them."""

    channel: str | None
    reason: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A turn's question with what the search found for it: slugs, titles and cosines."""

    ticket: str
    customer_id: UUID
    outcome: str
    reason: str | None
    passages: tuple[tuple[str, str, float], ...]
    text: str


async def first_answers(connection: Connection, since: datetime, until: datetime) -> list[FirstAnswers]:
    """Return those of each channel that had a ticket, and those of all."""
    return [FirstAnswers(**row) for row in await connection.fetch(_SQL["first_answers"], since, until)]


async def resolutions(connection: Connection, since: datetime, until: datetime, *, now: datetime) -> list[Resolutions]:
    """Return those of each channel where a ticket ended, and those of all."""
    return [Resolutions(**row) for row in await connection.fetch(_SQL["resolutions"], since, until, DURABLE, now)]


async def moods(connection: Connection, since: datetime, until: datetime) -> list[Moods]:
    """Return those of each channel that had a message with a mood, and those of all."""
    return [Moods(**row) for row in await connection.fetch(_SQL["moods"], since, until)]


async def reasons(connection: Connection, since: datetime, until: datetime) -> list[Reason]:
    """Return the reasons of hand-overs, by channel and over all; together as many as channel_figures' escalations."""
    return [Reason(**row) for row in await connection.fetch(_SQL["reasons"], since, until)]


async def questions(connection: Connection, since: datetime, until: datetime) -> list[Question]:
    """Return the newest MOST_QUESTIONS questions of a span."""
    return [
        Question(**{**row, "passages": tuple((p["slug"], p["title"], p["score"]) for p in row["passages"])})
        for row in await connection.fetch(_SQL["questions"], since, until, MOST_QUESTIONS)
    ]


async def passage_vectors(connection: Connection, model: str) -> dict[str, NDArray[np.float32]]:
    """Return the stored vector of each passage by its slug."""
    return {
        row["slug"]: np.asarray(row["embedding"].to_numpy(), dtype=np.float32)
        for row in await connection.fetch(_SQL["passage_vectors"], model)
    }
