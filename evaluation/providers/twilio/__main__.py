"""`python -m evaluation.providers.twilio`: the Twilio stand-in alone; the first line out is JSON, URL and settings."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

from evaluation.providers.backstage import Backstage
from evaluation.providers.serving import StandIn, serve_until_signal
from evaluation.providers.settings import twilio_settings
from evaluation.providers.twilio import TwilioOptions, twilio_app


async def run() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.providers.twilio", description=__doc__)
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
