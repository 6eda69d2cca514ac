"""`python -m evaluation.providers`: Gmail, Twilio and the console in one process; the first line printed is JSON."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from evaluation.providers.console import RefuseBrowsers, console_app
from evaluation.providers.gmail import GmailOptions, gmail_app
from evaluation.providers.gmail.settings import gmail_settings
from evaluation.providers.resumed import earlier_entries, resume
from evaluation.providers.secrets_file import Secrets, kept_secrets, write_for_owner
from evaluation.providers.serving import StandIn, serve_until_signal
from evaluation.providers.shared_state import SharedState
from evaluation.providers.twilio import TwilioOptions, twilio_app
from evaluation.providers.twilio.settings import twilio_settings


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.providers", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="this machine's name, where Gmail and Twilio are to listen")
    parser.add_argument("--gmail-port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--twilio-port", type=int, default=0)
    parser.add_argument("--console-port", type=int, default=0)
    parser.add_argument("--gmail-user", default=GmailOptions().user, help="the mailbox's address")
    parser.add_argument("--push-url", help="where Pub/Sub pushes; without it nothing is pushed")
    parser.add_argument("--push-audience", help="the token's audience; the push URL by default")
    parser.add_argument("--push-seconds", type=float, default=1.0, help="what changes sooner after a push has none")
    parser.add_argument("--webhook-url", help="where a customer's WhatsApp message is posted")
    parser.add_argument("--form-url", help="the product's web form: the page links to it")
    parser.add_argument("--data", type=Path, metavar="FILE", help="the journal, as JSON lines; an earlier one goes on")
    parser.add_argument("--secrets", type=Path, metavar="FILE", help="keeps random secrets; fixed ones without it")
    parser.add_argument("--ready-file", type=Path, metavar="FILE", help="takes the first line instead, for its owner")
    parser.add_argument("--status-seconds", type=float, default=0.5, help="between sent, delivered and read")
    return parser.parse_args(argv)


async def run(given: argparse.Namespace) -> None:
    """Serve until SIGINT or SIGTERM."""
    earlier = earlier_entries(given.data)
    shared = SharedState.create(given.data)
    gmail_options, twilio_options = _options(given)
    gmail, twilio = gmail_app(gmail_options, shared), twilio_app(twilio_options, shared)
    resume(earlier, gmail.state.account, twilio.state.account)
    gmail_server = StandIn(RefuseBrowsers(gmail), host=given.host, port=given.gmail_port)
    twilio_server = StandIn(RefuseBrowsers(twilio), host=given.host, port=given.twilio_port)
    console = console_app(
        gmail.state.account, twilio.state.account, shared, twilio_url=twilio_server.url, form_url=given.form_url
    )
    console_server = StandIn(console, port=given.console_port)
    settings = {**gmail_settings(gmail_options, gmail_server.url), **twilio_settings(twilio_options, twilio_server.url)}
    urls = {"gmail": gmail_server.url, "twilio": twilio_server.url, "console": console_server.url}
    await serve_until_signal(
        [gmail_server, twilio_server, console_server],
        ready=lambda: _announce(json.dumps({**urls, "settings": settings}), given.ready_file),
    )
    shared.journal.close()


def _announce(line: str, file: Path | None) -> None:
    """Print the line; or write it to `file`, where stdout goes into a log that must hold no secrets."""
    if file is None:
        print(line, flush=True)
    else:
        write_for_owner(file, line)


def _options(given: argparse.Namespace) -> tuple[GmailOptions, TwilioOptions]:
    shared = kept_secrets(given.secrets) if given.secrets else Secrets()
    gmail = GmailOptions(
        user=given.gmail_user,
        push_url=given.push_url,
        push_audience=given.push_audience,
        push_interval_seconds=given.push_seconds,
        client_secret=shared.client_secret,
        refresh_token=shared.refresh_token,
    )
    twilio = TwilioOptions(
        webhook_url=given.webhook_url, status_seconds=given.status_seconds, auth_token=shared.auth_token
    )
    return gmail, twilio


if __name__ == "__main__":
    asyncio.run(run(arguments()))
