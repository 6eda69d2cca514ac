"""Puts thresholds in force in a product's store, and takes them back."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from db import tuning
from db.pool import Connection
from db.tuning import Change, Name, NothingToUndoError
from embeddings.encoder import model_files
from embeddings.heads import HeadNotUsableError
from evaluation.escalation.direct import DirectRequests
from serve_app.cli.embeddings.bench import Product, in_service, product_of
from serve_app.cli.in_store import in_store
from serve_app.embedded.base.errors import UserError
from serve_app.nodes.tuned import tuned_escalation

THRESHOLDS: tuple[Name, ...] = ("escalation", "relevance", "mood", "category")
KEYS: Mapping[str, Name] = {
    "ESCALATION_THRESHOLDS": "escalation",
    "RELEVANCE_THRESHOLD": "relevance",
    "MOOD_THRESHOLD": "mood",
    "CATEGORY_THRESHOLD": "category",
}


def applied(data_dir: Path | None, file: Path, *, who: str, note: str) -> list[Change]:
    """Put what a file says in force. Raises UserError for what is no threshold, and nothing is changed then."""
    product = product_of(data_dir, needed=True)
    given = _read(file)

    async def work(connection: Connection) -> list[Change]:
        await tuning.hold(connection)
        present = await tuning.in_force(connection)
        if "escalation" in given:
            given["escalation"] = {**present.escalation, **given["escalation"]}
            _require_direct(product, present, given["escalation"])
        if "relevance" in given:
            given["relevance"] = {**present.relevance, encoder: given["relevance"]}
        return [await tuning.change(connection, name, value, who=who, note=note) for name, value in given.items()]

    encoder = model_files(in_service(product)).model_id
    return in_store(product.database_url, work)


def undone(data_dir: Path | None, names: Sequence[Name], *, who: str) -> Change:
    """Take the last change of these names back.

    Raises UserError when there is none, or when a direct request would be missed; nothing is changed then.
    """
    product = product_of(data_dir, needed=True)

    async def work(connection: Connection) -> Change:
        change = await tuning.undo(connection, names, who=who)
        if change.name in ("escalation", "escalation_model"):
            found = await tuning.in_force(connection)
            _require_direct(product, found, found.escalation)
        return change

    try:
        return in_store(product.database_url, work)
    except NothingToUndoError as error:
        raise UserError(f"{error}.") from None


def listed(data_dir: Path | None, names: Sequence[Name]) -> list[Change]:
    """Return every change of these names, the newest first."""
    found = in_store(product_of(data_dir, needed=True).database_url, tuning.changes)
    return [change for change in found if change.name in names]


def lines_of(changes: Sequence[Change]) -> list[str]:
    """Return a line for each change."""
    return [
        f"{one.number:>4}  {one.at.astimezone():%Y-%m-%d %H:%M}  {one.who}: {one.name} "
        f"{_shown(one.before)} → {_shown(one.after)}{f'  ({one.note})' if one.note else ''}"
        for one in changes
    ]


def _shown(value: Any) -> str:
    if value is None:
        return "as configured"
    if isinstance(value, dict):
        return value.get("model_id") or ", ".join(f"{name} {one:g}" for name, one in value.items())
    return f"{value:g}"


def _read(file: Path) -> dict[Name, Any]:
    """Return the values of a file by the names of the store. Raises UserError."""
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{file} is not TOML: {error}.") from None
    if unknown := sorted(given.keys() - KEYS.keys()):
        raise UserError(f"{file}: {unknown[0]} is no threshold; expected some of {', '.join(KEYS)}.")
    if not given:
        raise UserError(f"{file} holds no threshold; expected some of {', '.join(KEYS)}.")
    for key, value in given.items():
        if key == "ESCALATION_THRESHOLDS":
            if not isinstance(value, dict):
                raise UserError(f"{file}: {key} is {value!r}; expected a table of thresholds.")
        elif not _is_share(value):
            raise UserError(f"{file}: {key} is {value!r}; expected a number from 0 to 1.")
    return {KEYS[key]: value for key, value in given.items()}


def _is_share(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and 0 <= value <= 1


def _require_direct(product: Product, present: tuning.Tuning, thresholds: Mapping[str, float]) -> None:
    """Raise UserError when a direct request that ships would be missed, a name or value is none of a threshold, or the
    classifier can't be read."""
    over = {**product.settings.escalation_thresholds, **thresholds}
    try:
        missed = DirectRequests(tuned_escalation(present, product.models)).missed(over)
    except HeadNotUsableError as error:
        raise UserError(f"{error}; nothing was changed.") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise UserError(f"ESCALATION_THRESHOLDS: {error}.") from None
    if missed:
        raise UserError(f"{len(missed)} direct requests would be missed, nothing was changed: {missed[0]}")
