"""`python -m tests.fakes.twilio`: the Twilio stand-in alone. The first line out is JSON: its URL and settings."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

from tests.fakes.backstage import Backstage
from tests.fakes.serving import StandIn, serve_until_signal
from tests.fakes.settings import twilio_settings
from tests.fakes.twilio import TwilioOptions, twilio_app


async def run() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.twilio", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--journal", type=Path, metavar="FILE")
    parser.add_argument("--webhook-url")
    parser.add_argument("--number", default="+14155238886")
    given = parser.parse_args()
    options = TwilioOptions(number=given.number, webhook_url=given.webhook_url)
    backstage = Backstage.opened(given.journal)
    server = StandIn(twilio_app(options, backstage), port=given.port)
    line = json.dumps({"twilio": server.url, "settings": twilio_settings(options, server.url)})
    await serve_until_signal([server], ready=lambda: print(line, flush=True))
    backstage.journal.close()


if __name__ == "__main__":
    asyncio.run(run())
