"""`python -m evaluation.providers.gmail`: the Gmail stand-in alone; the first line out is JSON: URL, settings."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

from evaluation.providers.backstage import Backstage
from evaluation.providers.gmail import GmailOptions, gmail_app
from evaluation.providers.serving import StandIn, serve_until_signal
from evaluation.providers.settings import gmail_settings


async def run() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.providers.gmail", description=__doc__)
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
