"""Makes of the staff's corrections labelled lines for `embeddings.workbench.ticket_labels`, without personal data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from db.pool import Connection
from db.records import Category, Channel, Priority
from db.staff import corrections as store
from db.staff.customer_lookup import find_customer
from deployments.agent.language import LanguageDetector
from deployments.staff.scrubbing import question
from ingest.identifiers import normalise_email, normalise_phone


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledLine:
    """What a customer wrote, as the heads read it, and how the staff labelled it; `corrected` are the labels that they
    changed. No ticket, no customer and no name is in it."""

    text: str
    category: Category
    priority: Priority
    corrected: tuple[str, ...]
    language: str
    channel: Channel
    date: date


async def labelled_lines(connection: Connection, since: datetime) -> list[LabelledLine]:
    """Return what the staff corrected since a time (aware), the oldest first; nothing of customers who object."""
    languages = LanguageDetector()
    return [_line(one, languages) for one in await store.corrections(connection, since)]


async def object_to_training(connection: Connection, who: str, *, objects: bool) -> bool:
    """Note of all customers with this address or number whether they object; False where nobody has it.

    Raises InvalidIdentifierError.
    """
    address = "@" in who
    found = await find_customer(
        connection,
        email=normalise_email(who) if address else None,
        phone=None if address else normalise_phone(who),
    )
    if found is not None:
        await store.set_objection(connection, (found.customer_id, *found.others), objects=objects)
    return found is not None


def _line(one: store.Correction, languages: LanguageDetector) -> LabelledLine:
    text = question(one.channel, one.subject, one.text, one.names)
    before = {"category": one.category_before, "priority": one.priority_before}
    after = {"category": one.category, "priority": one.priority}
    return LabelledLine(
        text=text,
        category=one.category,
        priority=one.priority,
        corrected=tuple(name for name in after if after[name] != before[name]),
        language=languages.detect(text),
        channel=one.channel,
        date=one.corrected_at.date(),
    )
