"""What has to be in the database before the graph starts; run as a child: `python -m serve_app.embedded.prepare`."""

from __future__ import annotations

import asyncio
import sys
import traceback

from db import migrate
from serve_app.settings import Settings, SettingsError, load_settings

WAIT_SECONDS = 60.0
LONGEST_PAUSE = 5.0


async def prepare_database(settings: Settings) -> None:
    """Bring the schema up to date and the knowledge base in step with `context/`. Safe to run at every start.

    Waits, with growing pauses, up to `WAIT_SECONDS` for a database that refuses connections; then raises OSError.
    """
    await _migrate_when_it_answers(settings.database_url or "")


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


def main() -> None:
    """Prepare the database that the settings name; one line `error: …` and exit 1 when that fails."""
    try:
        asyncio.run(prepare_database(load_settings()))
    except SettingsError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: the database does not answer ({error}): check DATABASE_URL")
    except migrate.MigrationError as error:
        sys.exit(f"error: {error}")
    except Exception as error:  # whatever the driver raises: the whole of it into the log, one line to the user
        traceback.print_exc()
        sys.exit(f"error: the database could not be prepared: {error}")


if __name__ == "__main__":
    main()
