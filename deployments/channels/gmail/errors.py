"""Errors of Gmail calls, by whether the call had an effect and what to do next."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from google.auth.exceptions import RefreshError
from googleapiclient.errors import HttpError  # type: ignore[import-untyped]
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

RATE_LIMIT_PAUSE_S, UNREACHABLE_PAUSE_S, CREDENTIALS_PAUSE_S = 10.0, 5.0, 60.0
MAX_RATE_LIMIT_PAUSE_S = 3_600.0
_RATE_REASONS = frozenset(
    {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded", "RATE_LIMIT_EXCEEDED"}
)
_UNTIL = re.compile(r"Retry after (\d{4}-\d\d-\d\dT[\d:.]+Z)", re.IGNORECASE)
_GRANT = (
    "Google refuses the credentials ({error}): sign in again and set GMAIL_REFRESH_TOKEN; "
    "`nightdesk channels check` tells more"
)
_SCOPE = "Google refuses the call ({error}): the token needs the scope gmail.modify, and the Gmail API must be enabled"


class GmailError(Exception):
    """A call failed; another one may succeed after `retry_in` seconds."""

    retry_in = UNREACHABLE_PAUSE_S


class GmailUnreachableError(GmailError):
    """No connection to Google: the call had no effect."""


class GmailRateLimitError(GmailError):
    """A rate limit or a daily quota is exceeded: the call had no effect and may be repeated after `retry_in`."""

    def __init__(self, reason: str, *, retry_in: float) -> None:
        super().__init__(reason)
        self.retry_in = retry_in


class GmailCredentialsError(GmailError):
    """Google refuses the credentials: the call had no effect; a person has to fix what the message names."""

    retry_in = CREDENTIALS_PAUSE_S


class GmailRejectedError(GmailError):
    """The request is invalid (4xx): the call had no effect, and repeating it is pointless."""


class GmailNotFoundError(GmailRejectedError):
    """404: the mail, thread or draft does not exist (any more), or the historyId is too old."""


class GmailNoAnswerError(GmailError):
    """No clear answer (time-out, reset, 5xx): the call may have had its effect."""


def gmail_error(error: Exception) -> GmailError:
    """Translate an error of google-api-python-client, google.auth or requests."""
    if isinstance(error, HttpError):
        return _http_error(error)
    if isinstance(error, RefreshError) and not error.retryable:
        details = error.args[1] if len(error.args) > 1 else None
        code = details.get("error", "refused") if isinstance(details, dict) else "refused"
        return GmailCredentialsError(_GRANT.format(error=code))
    if isinstance(error, requests.RequestException):
        if _never_connected(error):
            return GmailUnreachableError(f"Gmail can't be reached ({type(error).__name__})")
        return GmailNoAnswerError(f"Gmail gave no answer ({type(error).__name__})")
    # Other errors come from fetching a token: the call itself was never made.
    return GmailUnreachableError(f"Google's token server does not answer ({type(error).__name__})")


def _http_error(error: HttpError) -> GmailError:
    details: Any = error.error_details
    found = details if isinstance(details, list) else []
    reasons = {str(one.get("reason", "")) for one in found if isinstance(one, dict)} - {""}
    status = int(error.status_code)
    message = f"Gmail: {status} {error.reason or ''}".strip()[:300]
    if status == 429 or (status == 403 and reasons & _RATE_REASONS):
        return GmailRateLimitError(message, retry_in=_pause(error))
    if status == 401:
        return GmailCredentialsError(_GRANT.format(error=status))
    if status == 403:
        return GmailCredentialsError(_SCOPE.format(error=", ".join(sorted(reasons)) or status))
    if status == 404:
        return GmailNotFoundError(message)
    return GmailRejectedError(message) if 400 <= status < 500 else GmailNoAnswerError(message)


def _pause(error: HttpError) -> float:
    """Return the pause in seconds of Retry-After (seconds or a date) or of Gmail's message, else ten."""
    value = str(error.resp.get("retry-after", ""))
    if value.isdigit():
        return min(float(value), MAX_RATE_LIMIT_PAUSE_S)
    try:
        match = _UNTIL.search(str(error.reason or ""))
        until = datetime.fromisoformat(match[1].replace("Z", "+00:00")) if match else parsedate_to_datetime(value)
        return min(max(0.0, (until - datetime.now(UTC)).total_seconds()), MAX_RATE_LIMIT_PAUSE_S)
    except (TypeError, ValueError):
        return RATE_LIMIT_PAUSE_S


def _never_connected(error: requests.RequestException) -> bool:
    """Return whether the call failed before a byte of it was sent."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError | requests.exceptions.ProxyError):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError | ConnectTimeoutError)
