"""Makes of resolved tickets questions with their answers, without personal data, the newest of them to measure with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from db.pool import Connection
from db.staff import exports as store
from db.staff.exports import What
from deployments.staff.scrubbing import question, scrubbed


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionLine:
    """A question and what answered it: a person's words, or slugs of sections. No ticket, customer or name is in it."""

    question: str
    passage: str | None
    answers: tuple[str, ...]
    split: Literal["train", "test"]
    date: date

    @property
    def columns(self) -> dict[str, object]:
        """The line as `nightdesk data check` reads it."""
        said: dict[str, object] = {"answers": list(self.answers)} if self.passage is None else {"passage": self.passage}
        return {"question": self.question, **said, "split": self.split, "date": self.date.isoformat()}


async def question_lines(
    connection: Connection, what: What, since: datetime, *, test_share: float
) -> list[QuestionLine]:
    """Return the lines since a time (aware), the oldest first; the newest `test_share` of them are to measure with.

    A search is judged on what came after what it was trained with.
    """
    found = await store.resolved(connection, what, since)
    first_of_test = len(found) - round(len(found) * test_share)
    return [_line(one, "test" if place >= first_of_test else "train") for place, one in enumerate(found)]


def _line(one: store.Resolved, split: Literal["train", "test"]) -> QuestionLine:
    return QuestionLine(
        question=question(one.channel, one.subject, one.text, one.names),
        passage=None if one.answer is None else scrubbed(one.answer, one.names),
        answers=one.slugs,
        split=split,
        date=one.resolved_at.date(),
    )
