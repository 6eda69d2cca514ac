"""The calls of Twilio's API that the WhatsApp sender needs: no retries, bounded time-outs, errors by outcome."""

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
CALL_S = CONNECT_S + READ_S
"""The longest that a call takes."""
CREDENTIALS_PAUSE_S = 60.0
"""Between attempts while Twilio refuses the credentials, which a person has to fix."""
RATE_LIMIT_PAUSE_S = 5.0
LISTED = 100
OUTSIDE_WINDOW = 63016
_UNDELIVERABLE = frozenset({21211, 21408, 21610, 21614, 63003, 63013, 63024, 63032})
"""Invalid number, no permission, opted out, not on WhatsApp: another attempt would end in the same way."""
_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError)
"""What the client raises for a response that is not Twilio's JSON, such as a gateway's error page."""
_NOT_CONNECTED = (requests.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.ProxyError)


class OutsideWindowError(UndeliverableError):
    """Free text was sent outside the 24-hour window: the approved template may be sent instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An outbound message in Twilio's list, with its current status."""

    sid: str
    body: str
    status: Status
    error_code: int | None
    created_at: datetime


class _Http(TwilioHttpClient):  # type: ignore[misc]
    """Sends to `base_url` instead of Twilio's host if it is set; raises TransientDeliveryError for a 429."""

    def __init__(self, base_url: str | None) -> None:
        quiet = logging.getLogger("nightdesk.twilio")  # at INFO it would log message bodies
        quiet.setLevel(logging.WARNING)
        super().__init__(logger=quiet, max_retries=0)
        self.timeout = (CONNECT_S, READ_S)
        self._base_url = base_url or API

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        """Make one request. Raises errors of requests when there is no response."""
        response = super().request(method, url.replace(API, self._base_url, 1), *args, **kwargs)
        if response.status_code == 429:
            raise TransientDeliveryError("Twilio: 429, too many calls", retry_in=_retry_after(response.headers))
        return response


class Twilio:
    """One account and its WhatsApp sender (`number`, E.164). Calls block."""

    def __init__(self, *, account_sid: str, auth_token: str, number: str, base_url: str | None = None) -> None:
        self._account_sid = account_sid
        self.number, self._sender = number, f"whatsapp:{number}"
        # Keeps the client from reading the process's environment.
        self._client = Client(
            account_sid, auth_token, http_client=_Http(base_url), environment={"TWILIO_REGION": "", "TWILIO_EDGE": ""}
        )

    def send(self, *, to: str, body: str, callback: str) -> str:
        """Send free text to a channel address; return Twilio's id. Raises as Sender.send does."""
        return self._create(to=to, body=body, status_callback=callback)

    def send_template(self, *, to: str, template: str, variables: Mapping[str, str], callback: str) -> str:
        """Send an approved template; return Twilio's id. Raises as Sender.send does."""
        return self._create(
            to=to, content_sid=template, content_variables=json.dumps(variables), status_callback=callback
        )

    def listed(self, *, to: str) -> list[Listed]:
        """Return the newest messages to an address, newest first. Raises LookUpFailedError."""
        try:
            found = self._client.messages.list(to=to, from_=self._sender, limit=LISTED, page_size=LISTED)
            return [_listed(message) for message in found]
        except (TwilioException, requests.RequestException, TransientDeliveryError, *_UNREADABLE) as error:
            raise LookUpFailedError(f"Twilio does not say: {_describe(error)}") from error

    def check(self) -> None:
        """Return when the account is active. Raises TransientDeliveryError with what is wrong."""
        try:
            account = self._client.api.accounts(self._account_sid).fetch()
        except (TwilioException, requests.RequestException, *_UNREADABLE) as error:
            raise TransientDeliveryError(_describe_unavailable(error), retry_in=CREDENTIALS_PAUSE_S) from error
        if account.status != "active":
            raise TransientDeliveryError(f"Twilio: the account is {account.status}", retry_in=CREDENTIALS_PAUSE_S)

    def _create(self, **fields: str) -> str:
        try:
            sid = self._client.messages.create(from_=self._sender, **fields).sid
        except TwilioException as error:
            raise _delivery_error(error) from error
        except requests.RequestException as error:
            if _never_connected(error):
                raise TransientDeliveryError(f"Twilio can't be reached: {_describe(error)}") from error
            raise OutcomeUnknownError(f"Twilio gave no answer: {_describe(error)}") from error
        except _UNREADABLE as error:
            raise OutcomeUnknownError("Twilio's answer can't be read") from error
        if not sid:
            raise OutcomeUnknownError("Twilio's answer names no message")
        return str(sid)


def _delivery_error(error: TwilioException) -> Exception:
    """Translate an error of Twilio's client. One without a status was raised while reading the response."""
    status, code, message = getattr(error, "status", 500), getattr(error, "code", 0), f"Twilio: {_describe(error)}"
    if status in (401, 403, 404):
        return TransientDeliveryError(_describe_unavailable(error), retry_in=CREDENTIALS_PAUSE_S)
    if code == OUTSIDE_WINDOW:
        return OutsideWindowError(message)
    if code in _UNDELIVERABLE:
        return UndeliverableError(message)
    if 400 <= status < 500:
        return MessageRejectedError(message)
    return OutcomeUnknownError(message)


def _describe_unavailable(error: Exception) -> str:
    status = getattr(error, "status", None)
    if status in (401, 403, 404):
        return f"Twilio refuses the credentials ({status}): check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
    return f"Twilio can't be reached: {_describe(error)}"


def _never_connected(error: requests.RequestException) -> bool:
    """Return whether the call failed before a byte of it was sent."""
    if isinstance(error, _NOT_CONNECTED):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, (NewConnectionError, ConnectTimeoutError))


def _describe(error: Exception) -> str:
    """Return Twilio's message and code, else the exception's class; never the customer's data that was sent."""
    text = getattr(error, "msg", None) or getattr(error, "title", None)
    return f"{text} ({getattr(error, 'code', '')})" if text else type(error).__name__


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
    """Return Retry-After (seconds or a date, RFC 9110) in seconds; five without one."""
    value = headers.get("Retry-After", "")
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return RATE_LIMIT_PAUSE_S
