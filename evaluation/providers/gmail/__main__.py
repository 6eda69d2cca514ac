"""`python -m evaluation.providers.gmail`: the Gmail stand-in alone; the first line printed is JSON: URL, settings."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

from evaluation.providers.gmail import GmailOptions, gmail_app
from evaluation.providers.gmail.settings import gmail_settings
from evaluation.providers.serving import StandIn, serve_until_signal
from evaluation.providers.shared_state import SharedState


async def run() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.providers.gmail", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--journal", type=Path, metavar="FILE")
    parser.add_argument("--push-url")
    parser.add_argument("--push-audience")
    parser.add_argument("--user", default=GmailOptions().user)
    given = parser.parse_args()
    options = GmailOptions(user=given.user, push_url=given.push_url, push_audience=given.push_audience)
    shared = SharedState.create(given.journal)
    server = StandIn(gmail_app(options, shared), port=given.port)
    line = json.dumps({"gmail": server.url, "settings": gmail_settings(options, server.url)})
    await serve_until_signal([server], ready=lambda: print(line, flush=True))
    shared.journal.close()


if __name__ == "__main__":
    asyncio.run(run())
