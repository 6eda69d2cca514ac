"""`nightdesk migrate`: the database's schema, brought up to this release."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from serve_app.cli.options import DataDirOption
from serve_app.cli.target import find_database
from serve_app.embedded.base.errors import NotRunningError, UserError

T = TypeVar("T")

CheckOption = Annotated[
    bool, typer.Option("--check", help="Apply nothing: print what is pending, and exit 1 when anything is.")
]


def migrate(check: CheckOption = False, data_dir: DataDirOption = None) -> None:
    """Apply the migrations that the database lacks, in order, and print each; `up` does the same at every start.

    The database is that of DATABASE_URL, or of the product that runs on --data-dir. It may be ahead of this release
    while an upgrade rolls; one that can't work with this release any more is refused.
    """
    from db import migrate as schema

    dsn = _address(data_dir)
    standing = _answer(schema.compare(dsn))
    if not standing.pending:
        print(f"nothing to do{_ahead(standing.ahead)}")
    elif check:
        print("\n".join(f"pending {migration.name}.sql" for migration in standing.pending))
        raise typer.Exit(1)
    elif not _answer(schema.migrate(dsn, applied=lambda name: print(f"applied {name}.sql", flush=True))):
        print("nothing to do: somebody else has just applied it")


def _address(data_dir: Path | None) -> str:
    """Return the database's address. Raises NotRunningError, also while a product starts and has none yet."""
    found = find_database(data_dir).database_url
    if not found:
        raise NotRunningError("the product is starting and its database does not run yet: try again in a moment.")
    return found


def _answer(asked: Coroutine[object, object, T]) -> T:
    """Return what the database answers. Raises UserError, in one line, when it is not there or refuses."""
    from db.migrate import DatabaseRefusedError, MigrationError

    try:
        return asyncio.run(asked)
    except OSError as error:
        why = str(error) or "no answer in time"
        raise UserError(f"the database does not answer ({why}): check DATABASE_URL, or `nightdesk status`.") from None
    except DatabaseRefusedError as error:
        why = " ".join(str(error).split())
        raise UserError(f"{why}. Put that right and run `nightdesk migrate` again.") from None
    except MigrationError as error:
        raise UserError(f"{error}.") from None


def _ahead(names: tuple[str, ...]) -> str:
    return f": the database is ahead of this release by {', '.join(names)}" if names else ""
