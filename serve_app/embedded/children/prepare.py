"""Migrates the database and loads the knowledge base: `python -m serve_app.embedded.children.prepare [--alone]`."""

from __future__ import annotations

import asyncio
import sys
import traceback

from db import migrate
from db.operations.hand_back import hand_back
from db.pool import create_pool, transaction
from embeddings import indexer
from embeddings.chunker import InvalidDocumentError
from embeddings.encoder import ModelNotFoundError, ModelNotUsableError
from embeddings.heads import HeadNotUsableError
from serve_app.embedded.base.start_options import ALONE
from serve_app.embedded.children.fill import fill
from serve_app.settings.settings import Settings, SettingsError, load_settings

WAIT_SECONDS = 60.0
LONGEST_PAUSE = 5.0


async def prepare_database(settings: Settings, *, alone: bool = False) -> None:
    """Apply pending migrations and synchronise the knowledge base with product-docs.md. Idempotent.

    `alone`: nothing else uses the database, so what the last run was cut off from is handed back at once.
    Waits, with growing pauses, up to `WAIT_SECONDS` for a database that refuses connections; then raises OSError.
    """
    await _migrate_when_it_answers(settings.database_url or "")
    if alone:
        await _hand_back(settings)
    await _sync_knowledge_base(settings)


def main() -> None:
    """Prepare the database of the settings. When that fails the last line is `error: …` and the exit code 1."""
    try:
        asyncio.run(prepare_database(load_settings(), alone=ALONE in sys.argv[1:]))
    except SettingsError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: the database does not answer ({error}): check DATABASE_URL")
    except (
        migrate.MigrationError,
        InvalidDocumentError,
        indexer.PriceInSectionError,
        ModelNotFoundError,
        ModelNotUsableError,
        HeadNotUsableError,
    ) as error:
        sys.exit(f"error: {error}")
    except Exception as error:  # of the driver: the traceback goes to the log, the last line to the user
        traceback.print_exc()
        sys.exit(f"error: the database could not be prepared: {error}")


async def _migrate_when_it_answers(dsn: str) -> None:
    loop = asyncio.get_running_loop()
    deadline, pause = loop.time() + WAIT_SECONDS, 0.2
    while True:
        try:
            await migrate.migrate(dsn)
            return
        except OSError:
            if loop.time() + pause > deadline:
                raise
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _hand_back(settings: Settings) -> None:
    pool = await create_pool(settings.database_url or "", size=1)
    try:
        async with transaction(pool) as connection:
            print(f"handed back: {await hand_back(connection)}")  # noqa: T201 - stdout is the log
    finally:
        await pool.close()


async def _sync_knowledge_base(settings: Settings) -> None:
    pool = await create_pool(settings.database_url or "", size=1)
    try:
        report = await fill(pool, settings)
    finally:
        await pool.close()
    print(f"knowledge base: {report}")  # noqa: T201 - stdout is the log


if __name__ == "__main__":
    main()
