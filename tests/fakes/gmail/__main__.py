"""`python -m tests.fakes.gmail`: the Gmail stand-in alone. The first line out is JSON: its URL and settings."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

from tests.fakes.backstage import Backstage
from tests.fakes.gmail import GmailOptions, gmail_app
from tests.fakes.serving import StandIn, serve_until_signal
from tests.fakes.settings import gmail_settings


async def run() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.gmail", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--journal", type=Path, metavar="FILE")
    parser.add_argument("--push-url")
    parser.add_argument("--push-audience")
    parser.add_argument("--user", default="support@techcorp.com")
    given = parser.parse_args()
    options = GmailOptions(user=given.user, push_url=given.push_url, push_audience=given.push_audience)
    backstage = Backstage.opened(given.journal)
    server = StandIn(gmail_app(options, backstage), port=given.port)
    line = json.dumps({"gmail": server.url, "settings": gmail_settings(options, server.url)})
    await serve_until_signal([server], ready=lambda: print(line, flush=True))
    backstage.journal.close()


if __name__ == "__main__":
    asyncio.run(run())
