"""The checks of `nightdesk channels check`: each calls the channel's provider; nothing is sent to anybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from serve_app.settings.channels import WEBHOOK_RETRIES, GmailArgs, TwilioArgs

if TYPE_CHECKING:
    from deployments.channels.gmail.client import Gmail

State = Literal["ok", "failed", "off", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The result of one check, with what to do about it."""

    channel: str
    check: str
    state: State
    detail: str


def off(channel: str, missing: tuple[str, ...], *, enabled: bool) -> Finding | None:
    """Return a finding that says why the channel is off, None when it is on."""
    if not enabled:
        return Finding(channel=channel, check="settings", state="off", detail="not among ENABLED_CHANNELS")
    if missing:
        return Finding(channel=channel, check="settings", state="off", detail=f"not set: {', '.join(missing)}")
    return None


def check_gmail(args: GmailArgs) -> list[Finding]:
    """Check an account whose credentials are all set: token, permissions, watch, Google's certificates."""
    from deployments.channels.gmail.client import Gmail
    from deployments.channels.gmail.errors import GmailError
    from deployments.channels.gmail.transport import fetch_certificates
    from ingest.mail.push_token import CertificatesUnavailableError

    def tried(check: str, call: Callable[[], str]) -> Finding:
        try:
            return Finding(channel="email", check=check, state="ok", detail=call())
        except (GmailError, CertificatesUnavailableError, _WrongAccountError) as error:
            return Finding(channel="email", check=check, state="failed", detail=str(error))

    assert args.client_id
    assert args.client_secret
    assert args.refresh_token
    assert args.user
    gmail = Gmail(
        client_id=args.client_id,
        client_secret=args.client_secret.get_secret_value(),
        refresh_token=args.refresh_token.get_secret_value(),
        api_base_url=args.api_base_url,
        token_url=args.token_url,
    )
    user, topic = args.user, args.topic
    findings = [tried("credentials", lambda: _check_account(gmail.profile()[0], user))]
    if findings[0].state == "ok":
        findings.append(tried("reading", lambda: f"{len(gmail.search('newer_than:1d')[0])} mails of the last day"))
        findings.append(tried("writing", partial(_check_writing, gmail)))
        if topic is not None:
            findings.append(tried("watch", lambda: f"watched until {gmail.watch(topic):%Y-%m-%d %H:%M} UTC"))
    if args.service_account is not None:
        findings.append(
            tried("certificates", lambda: f"{len(fetch_certificates(args.certs_url).by_key_id)} of Google's keys")
        )
    gmail.close()
    return [*findings, *_without_pushes(args)]


def check_twilio(args: TwilioArgs, *, public_base_url: str | None) -> list[Finding]:
    """Check an account whose credentials are all set, and say which webhook URL to enter at Twilio."""
    from deployments.channels.sender import TransientDeliveryError
    from deployments.channels.whatsapp.twilio_client import Twilio

    assert args.account_sid
    assert args.auth_token
    assert args.number
    account = Twilio(
        account_sid=args.account_sid,
        auth_token=args.auth_token.get_secret_value(),
        number=args.number,
        base_url=args.api_base_url,
    )
    found = Finding(channel="whatsapp", check="credentials", state="ok", detail=f"active, sends as {args.number}")
    try:
        account.check()
    except TransientDeliveryError as error:
        found = Finding(channel="whatsapp", check="credentials", state="failed", detail=str(error))
    findings = [found, _webhook(public_base_url)]
    if args.template_sid is None:
        detail = "WHATSAPP_TEMPLATE_SID is not set: replies outside the 24-hour window wait for a person"
        findings.append(Finding(channel="whatsapp", check="template", state="note", detail=detail))
    return findings


class _WrongAccountError(Exception):
    """The token belongs to another account than GMAIL_USER: the check fails."""


def _check_account(address: str, user: str) -> str:
    if address.lower() != user:
        raise _WrongAccountError(f"the token is for {address.lower()}, but GMAIL_USER is {user}")
    return f"signed in as {address.lower()}"


def _check_writing(gmail: Gmail) -> str:
    gmail.may_write()
    return "drafts may be made and sent"


def _without_pushes(args: GmailArgs) -> list[Finding]:
    needed = {"GMAIL_PUBSUB_TOPIC": args.topic, "GMAIL_PUBSUB_SERVICE_ACCOUNT": args.service_account}
    missing = ", ".join(name for name, value in needed.items() if value is None)
    detail = f"not set: {missing}. Pushes are off, the mailbox is polled each minute"
    return [Finding(channel="email", check="pushes", state="note", detail=detail)] if missing else []


def _webhook(public_base_url: str | None) -> Finding:
    if public_base_url is None:
        detail = "PUBLIC_BASE_URL is not set: Twilio can't reach this machine, and signs over the URL that it calls"
        return Finding(channel="whatsapp", check="webhook", state="failed", detail=detail)
    url = f"{public_base_url.rstrip('/')}/webhooks/whatsapp{WEBHOOK_RETRIES}"
    detail = f"at Twilio, let the sender call {url} (POST) when a message comes in"
    return Finding(channel="whatsapp", check="webhook", state="note", detail=detail)
