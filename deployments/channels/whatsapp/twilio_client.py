"""Twilio's own client as a sender needs it: it asks once, within stated times, and says what the outcome is."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, get_args

import requests
from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from deployments.channels.sender import (
    LookUpFailedError,
    MessageRejectedError,
    OutcomeUnknownError,
    TransientDeliveryError,
    UndeliverableError,
)
from ingest.whatsapp.status import Status

API = "https://api.twilio.com"
CONNECT_S, READ_S = 5.0, 15.0
REFUSED_S = 60.0
"""How long a word waits when the account is refused: until somebody mends the credentials."""
BUSY_S = 5.0
LISTED = 100
OUTSIDE_WINDOW = 63016
_HOPELESS = frozenset({21211, 21408, 21610, 21614, 63003, 63013, 63024, 63032})
"""No number, no permission, opted out, not on WhatsApp: another attempt says the same."""
_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError)
"""What the client raises where it was answered with something else than Twilio's JSON: a gateway's page, a list."""
_NOT_CONNECTED = (requests.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.ProxyError)


class OutsideWindowError(UndeliverableError):
    """Free text came after the 24-hour window: the approved template may carry it, where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A message of ours as Twilio lists it; `status` is its present one."""

    sid: str
    body: str
    status: Status
    error_code: int | None
    created_at: datetime


class _Http(TwilioHttpClient):  # type: ignore[misc]
    """Leads to another host where one is set, and turns a 429 into the pause that it asks for."""

    def __init__(self, base_url: str | None) -> None:
        quiet = logging.getLogger("nightdesk.twilio")  # it would log what customers are told
        quiet.setLevel(logging.WARNING)
        super().__init__(logger=quiet, max_retries=0)
        self.timeout = (CONNECT_S, READ_S)
        self._base_url = base_url or API

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        """Make one call. Raises TransientDeliveryError for a 429, requests' errors without an answer."""
        response = super().request(method, url.replace(API, self._base_url, 1), *args, **kwargs)
        if response.status_code == 429:
            raise TransientDeliveryError("Twilio: 429, too many calls", retry_in=_retry_after(response.headers))
        return response


class Twilio:
    """One account and its WhatsApp sender (`number`, E.164). Every call blocks: make it in a thread."""

    def __init__(self, *, account_sid: str, auth_token: str, number: str, base_url: str | None = None) -> None:
        self._account_sid = account_sid
        self._sender = f"whatsapp:{number}"
        # The mapping stands for the environment, which the client would ask for a region.
        self._client = Client(
            account_sid, auth_token, http_client=_Http(base_url), environment={"TWILIO_REGION": "", "TWILIO_EDGE": ""}
        )

    def send(self, *, to: str, body: str, callback: str) -> str:
        """Send free text to a channel address; returns Twilio's id. Raises as a sender's `send`."""
        return self._create(to=to, body=body, status_callback=callback)

    def send_template(self, *, to: str, template: str, variables: Mapping[str, str], callback: str) -> str:
        """Send an approved template with its variables; returns Twilio's id. Raises as a sender's `send`."""
        return self._create(
            to=to, content_sid=template, content_variables=json.dumps(variables), status_callback=callback
        )

    def listed(self, *, to: str) -> list[Listed]:
        """Return the newest messages to an address, newest first. Raises LookUpFailedError."""
        try:
            found = self._client.messages.list(to=to, from_=self._sender, limit=LISTED, page_size=LISTED)
            return [_listed(message) for message in found]
        except (TwilioException, requests.RequestException, TransientDeliveryError, *_UNREADABLE) as error:
            raise LookUpFailedError(f"Twilio does not say: {_words(error)}") from error

    def check(self) -> None:
        """Return when the account is active. Raises TransientDeliveryError with what is wrong."""
        try:
            account = self._client.api.accounts(self._account_sid).fetch()
        except (TwilioException, requests.RequestException, *_UNREADABLE) as error:
            raise TransientDeliveryError(_why_not(error), retry_in=REFUSED_S) from error
        if account.status != "active":
            raise TransientDeliveryError(f"Twilio: the account is {account.status}", retry_in=REFUSED_S)

    def _create(self, **order: str) -> str:
        try:
            sid = self._client.messages.create(from_=self._sender, **order).sid
        except TwilioException as error:
            raise _verdict(error) from error
        except requests.RequestException as error:
            if _never_connected(error):
                raise TransientDeliveryError(f"Twilio can't be reached: {_words(error)}") from error
            raise OutcomeUnknownError(f"Twilio gave no answer: {_words(error)}") from error
        except _UNREADABLE as error:
            raise OutcomeUnknownError("Twilio's answer can't be read") from error
        if not sid:
            raise OutcomeUnknownError("Twilio's answer names no message")
        return str(sid)


def _verdict(error: TwilioException) -> Exception:
    """Say what an answer of Twilio's means for the word; an error without a status came from reading the answer."""
    status, code, words = getattr(error, "status", 500), getattr(error, "code", 0), _words(error)
    if status in (401, 403, 404):
        return TransientDeliveryError(_why_not(error), retry_in=REFUSED_S)
    if code == OUTSIDE_WINDOW:
        return OutsideWindowError(f"Twilio: {words}")
    if code in _HOPELESS:
        return UndeliverableError(f"Twilio: {words}")
    if 400 <= status < 500:
        return MessageRejectedError(f"Twilio: {words}")
    return OutcomeUnknownError(f"Twilio: {words}")


def _why_not(error: Exception) -> str:
    status = getattr(error, "status", None)
    if status in (401, 403, 404):
        return f"Twilio refuses the credentials ({status}): check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
    return f"Twilio can't be reached: {_words(error)}"


def _never_connected(error: requests.RequestException) -> bool:
    """Tell whether the call failed before a byte of it was sent."""
    if isinstance(error, _NOT_CONNECTED):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, (NewConnectionError, ConnectTimeoutError))


def _words(error: Exception) -> str:
    """Describe an error without what was sent: Twilio's own words with its code, else the kind alone."""
    said = getattr(error, "msg", None) or getattr(error, "title", None)
    return f"{said} ({getattr(error, 'code', '')})" if said else type(error).__name__


def _listed(message: Any) -> Listed:
    created: datetime = message.date_created or datetime.now(UTC)
    return Listed(
        sid=message.sid,
        body=message.body or "",
        status=next((known for known in get_args(Status) if known == message.status), "accepted"),
        error_code=int(message.error_code) if message.error_code else None,
        created_at=created if created.tzinfo else created.replace(tzinfo=UTC),
    )


def _retry_after(headers: Mapping[str, str]) -> float:
    """Read Retry-After, seconds or a date (RFC 9110); a few seconds where there is none."""
    value = headers.get("Retry-After", "")
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return BUSY_S
