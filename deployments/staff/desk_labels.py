"""Makes of what people did with the agent's work labelled texts without personal data, the newest to measure with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from rapidfuzz import fuzz

from db.pool import Connection
from db.staff import desk_labels as store
from db.staff.desk_labels import DraftSent, Escalated, Rated
from deployments.staff.scrubbing import question, scrubbed
from embeddings.escalation import CLASSES

What = Literal["drafts", "ratings", "escalation"]
Split = Literal["train", "test"]
KEPT, EDITED = 0.02, 0.5
"""Shares of a draft that were changed: up to the one it was kept, up to the other edited, else written anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelLine:
    """What a customer wrote with its label; `more` is what else is known. No ticket, customer or name is in it."""

    question: str
    label: str
    split: Split
    date: date
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, object]:
        """The line as `nightdesk data check` reads it."""
        said = {"text": self.question, "label": self.label}
        return {**said, **self.more, "split": self.split, "date": self.date.isoformat()}


async def label_lines(connection: Connection, what: What, since: datetime, *, test_share: float) -> list[LabelLine]:
    """Return the lines since a time (aware), the oldest first; the newest `test_share` of them are to measure with.

    drafts: kept, edited, rewritten, with the share that was changed · ratings: good, bad, of the agent's answers ·
    escalation: the class of a hand-over that a person answered; none where they gave it back, or an answer was good.
    """
    found: list[DraftSent | Rated | Escalated]
    if what == "drafts":
        found = [*await store.drafts(connection, since)]
    elif what == "ratings":
        found = [*await store.ratings(connection, since)]
    else:
        found = [*await store.escalations(connection, since, CLASSES[1:])]
    first_of_test = len(found) - round(len(found) * test_share)
    return [_line(one, "test" if place >= first_of_test else "train") for place, one in enumerate(found)]


def _line(one: DraftSent | Rated | Escalated, split: Split) -> LabelLine:
    label, more = _labelled(one)
    asked = question(one.channel, one.subject, one.text, one.names)
    return LabelLine(question=asked, label=label, split=split, date=one.at.date(), more=more)


def _labelled(one: DraftSent | Rated | Escalated) -> tuple[str, dict[str, Any]]:
    if isinstance(one, DraftSent):
        changed = 1 - fuzz.ratio(one.draft.strip(), one.sent.strip()) / 100
        label = "kept" if changed <= KEPT else "edited" if changed <= EDITED else "rewritten"
        texts = {"draft": scrubbed(one.draft, one.names), "sent": scrubbed(one.sent, one.names)}
        return label, {"changed": round(changed, 3)} | texts
    if isinstance(one, Rated):
        return "good" if one.good else "bad", {"reply": scrubbed(one.reply, one.names), "rested_on": list(one.slugs)}
    return one.label, {"decided": one.reason or one.outcome}
