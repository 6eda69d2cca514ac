"""`nightdesk migrate`: apply the pending migrations of the database."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from serve_app.cli.options import DataDirOption
from serve_app.cli.target import find_database, settings_of
from serve_app.embedded.base.errors import NotRunningError, UserError

T = TypeVar("T")

CheckOption = Annotated[
    bool, typer.Option("--check", help="Apply nothing: print what is pending, and exit 1 when anything is.")
]
SchemaOption = Annotated[bool, typer.Option("--schema-only", help="Leave the knowledge base as it is.")]


def migrate(check: CheckOption = False, schema_only: SchemaOption = False, data_dir: DataDirOption = None) -> None:
    """Apply the migrations that the database lacks, in order, and print each; `up` does the same at every start.

    Then it writes what the company's folder says (CONTEXT_DIR): the knowledge base, and the name in the templates.

    The database is that of DATABASE_URL, or of the product that runs on --data-dir. It may be ahead of this release
    while an upgrade rolls; one that can't work with this release any more is refused.
    """
    from db import migrate as schema

    dsn = _database_url(data_dir)
    state = _run(schema.compare(dsn))
    if not state.pending:
        ahead = f": the database is ahead of this release by {', '.join(state.ahead)}" if state.ahead else ""
        print(f"nothing to do{ahead}")
    elif check:
        print("\n".join(f"pending {migration.name}.sql" for migration in state.pending))
        raise typer.Exit(1)
    elif not _run(schema.migrate(dsn, applied=lambda name: print(f"applied {name}.sql", flush=True))):
        print("nothing to do: somebody else has just applied it")
    if not (check or schema_only):
        _fill(data_dir, dsn)


def _fill(data_dir: Path | None, dsn: str) -> None:
    """Fill the knowledge base and say what has changed. Raises UserError for documents that can't be used."""
    from serve_app.cli.kb.store import Outcome, run_on, sync_documents

    settings = settings_of(find_database(data_dir))
    report = run_on(settings.model_copy(update={"database_url": dsn}), sync_documents)
    if report.added or report.updated or report.removed:
        print(Outcome(origin="knowledge base", report=report).line)


def _database_url(data_dir: Path | None) -> str:
    """Raises NotRunningError without a product, and while its database has not started yet."""
    found = find_database(data_dir).database_url
    if not found:
        raise NotRunningError("the product is starting and its database does not run yet: try again in a moment.")
    return found


def _run(query: Coroutine[object, object, T]) -> T:
    """Run `query`. Raises UserError when the database does not answer or refuses."""
    from db.migrate import DatabaseRefusedError, MigrationError

    try:
        return asyncio.run(query)
    except OSError as error:
        cause = str(error) or "no answer in time"
        raise UserError(f"the database does not answer ({cause}): check DATABASE_URL, or `nightdesk status`.") from None
    except DatabaseRefusedError as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{reason}. Put that right and run `nightdesk migrate` again.") from None
    except MigrationError as error:
        raise UserError(f"{error}.") from None
