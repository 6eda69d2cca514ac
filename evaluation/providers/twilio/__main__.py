"""`python -m evaluation.providers.twilio`: the Twilio stand-in alone; the first line printed is JSON: URL, settings."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

from evaluation.providers.serving import StandIn, serve_until_signal
from evaluation.providers.shared_state import SharedState
from evaluation.providers.twilio import TwilioOptions, twilio_app
from evaluation.providers.twilio.settings import twilio_settings


async def run() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.providers.twilio", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--journal", type=Path, metavar="FILE")
    parser.add_argument("--webhook-url")
    parser.add_argument("--number", default=TwilioOptions().number)
    given = parser.parse_args()
    options = TwilioOptions(number=given.number, webhook_url=given.webhook_url)
    shared = SharedState.create(given.journal)
    server = StandIn(twilio_app(options, shared), port=given.port)
    line = json.dumps({"twilio": server.url, "settings": twilio_settings(options, server.url)})
    await serve_until_signal([server], ready=lambda: print(line, flush=True))
    shared.journal.close()


if __name__ == "__main__":
    asyncio.run(run())
