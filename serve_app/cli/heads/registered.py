"""The classifiers that a product knows, for `nightdesk heads list`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from db import tuning
from db.pool import Connection
from db.tuning import Change, EscalationClassifier, Tuning
from embeddings.escalation import MODEL, model_id
from serve_app.cli.embeddings.bench import product_of
from serve_app.cli.in_store import in_store
from serve_app.cli.thresholds.changes import lines_of


def lines(data_dir: Path | None) -> Iterator[str]:
    """Yield what is in service, every classifier, every change of it, the newest first."""
    found, models, changes = in_store(product_of(data_dir, needed=True).database_url, _read)
    shipped = model_id(MODEL)
    yield f"in service: {found.escalation_model['model_id'] if found.escalation_model else f'{shipped} (shipped)'}"
    for one in models:
        checks = [str(line) for line in one.metrics.get("checks", ())]
        yield f"  {one.model_id}  {checks[-1] if checks else 'not measured'}"
    yield from lines_of([change for change in changes if change.name == "escalation_model"])


async def _read(connection: Connection) -> tuple[Tuning, list[EscalationClassifier], list[Change]]:
    return (
        await tuning.in_force(connection),
        await tuning.registered(connection),
        await tuning.changes(connection),
    )
