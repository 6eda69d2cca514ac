"""What a team has tuned while the product runs: thresholds, and a classifier of escalation. Every change is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

from db.pool import Connection
from db.sql import statements

Name = Literal["escalation_model", "escalation", "relevance", "mood", "category"]
"""escalation_model: {"model_id", "folder"} · escalation: as ESCALATION_THRESHOLDS, and over it · relevance: the share
from which a passage answers, by encoder · mood: the score below which a message escalates · category: the probability
below which it is not known."""
_SQL = statements(__file__)


class NothingToUndoError(Exception):
    """No change is in force that could be taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """What is in force; None and empty: as the settings and the release say."""

    escalation_model: Mapping[str, str] | None = None
    escalation: Mapping[str, float] = field(default_factory=dict)
    relevance: Mapping[str, float] = field(default_factory=dict)
    mood: float | None = None
    category: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change; `undoes` is the number of the one that it takes back. `note`: what it was chosen by."""

    number: int
    name: Name
    before: Any
    after: Any
    who: str
    note: str
    undoes: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationClassifier:
    """A classifier that passed the gate, in `folder`; `parent` was in service then."""

    model_id: str
    folder: str
    parent: str
    data_sha256: str
    metrics: Mapping[str, Any]
    created_at: datetime | None = None


async def in_force(connection: Connection) -> Tuning:
    """Return what is tuned. A name that only a newer release knows is left out: the nodes go on with the others."""
    rows = await connection.fetch(_SQL["in_force"])
    known = {one.name for one in fields(Tuning)}
    return Tuning(**{row["name"]: row["after"] for row in rows if row["name"] in known and row["after"] is not None})


async def hold(connection: Connection) -> None:
    """Let nobody else change anything until the transaction ends: what is read from here on stays in force."""
    await connection.execute(_SQL["hold"])


async def change(connection: Connection, name: Name, after: Any, *, who: str, note: str = "") -> Change:
    """Put a value in force, within a transaction."""
    await hold(connection)
    before = _plain(await in_force(connection), name)
    return Change(**await connection.fetchrow(_SQL["change"], name, before, after, who, note, None))


async def undo(connection: Connection, names: Sequence[Name], *, who: str) -> Change:
    """Take the newest change of these names back, within a transaction. Raises NothingToUndoError."""
    await hold(connection)
    last = await connection.fetchrow(_SQL["last"], list(names))
    if last is None:
        raise NothingToUndoError("nothing was changed that could be undone")
    note = f"undoes change {last['number']}"
    values = last["name"], last["after"], last["before"], who, note, last["number"]
    return Change(**await connection.fetchrow(_SQL["change"], *values))


async def changes(connection: Connection) -> list[Change]:
    """Return every change, the newest first."""
    return [Change(**row) for row in await connection.fetch(_SQL["changes"])]


async def register(connection: Connection, model: EscalationClassifier) -> None:
    """Write down a classifier that passed the gate."""
    await connection.execute(
        _SQL["register"], model.model_id, model.folder, model.parent, model.data_sha256, dict(model.metrics)
    )


async def registered(connection: Connection) -> list[EscalationClassifier]:
    """Return the classifiers that passed the gate, the oldest first."""
    return [EscalationClassifier(**row) for row in await connection.fetch(_SQL["registered"])]


def _plain(tuning: Tuning, name: Name) -> Any:
    """Return a value as it is stored, None where nothing is."""
    value = getattr(tuning, name)
    return None if value in (None, {}) else value
