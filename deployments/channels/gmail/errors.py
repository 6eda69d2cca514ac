"""What can be said of a call to Gmail that failed: whether anything was done, and what has to happen next."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from google.auth.exceptions import RefreshError
from googleapiclient.errors import HttpError  # type: ignore[import-untyped]
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

BUSY_S, AWAY_S, REFUSED_S = 10.0, 5.0, 60.0
MAX_BUSY_S = 3_600.0
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
    """A call failed; `retry_in` is after how many seconds another one may help."""

    retry_in = AWAY_S


class GmailAwayError(GmailError):
    """Google could not be reached at all: nothing was done."""


class GmailBusyError(GmailError):
    """Too many calls, or too much mail for today: nothing was done, it may be tried again after `retry_in`."""

    def __init__(self, reason: str, *, retry_in: float) -> None:
        super().__init__(reason)
        self.retry_in = retry_in


class GmailCredentialsError(GmailError):
    """Google refuses us: nothing was done, and nothing will be until a person mends what the text names."""

    retry_in = REFUSED_S


class GmailRefusedError(GmailError):
    """The call itself is wrong (4xx): nothing was done, the same call will be refused again."""


class GmailGoneError(GmailRefusedError):
    """There is no such mail, thread or draft (any more), or the historyId is too old (404)."""


class GmailSilentError(GmailError):
    """There was no clear answer (time-out, reset, 5xx): it may have been done."""


def gmail_error(error: Exception) -> GmailError:
    """Translate an error of Google's client, of google.auth or of requests."""
    if isinstance(error, HttpError):
        return _answered(error)
    if isinstance(error, RefreshError) and not error.retryable:
        return GmailCredentialsError(_GRANT.format(error=_grant_error(error)))
    if isinstance(error, requests.RequestException):
        if _never_connected(error):
            return GmailAwayError(f"Gmail can't be reached ({type(error).__name__})")
        return GmailSilentError(f"Gmail gave no answer ({type(error).__name__})")
    # What is left comes from fetching a token: the call itself was never made.
    return GmailAwayError(f"Google's token server does not answer ({type(error).__name__})")


def _answered(error: HttpError) -> GmailError:
    status, reasons = int(error.status_code), _reasons(error)
    said = f"Gmail: {status} {error.reason or ''}".strip()[:300]
    if status == 429 or (status == 403 and reasons & _RATE_REASONS):
        return GmailBusyError(said, retry_in=_pause(error))
    if status == 401:
        return GmailCredentialsError(_GRANT.format(error=status))
    if status == 403:
        return GmailCredentialsError(_SCOPE.format(error=", ".join(sorted(reasons)) or status))
    if status == 404:
        return GmailGoneError(said)
    return GmailRefusedError(said) if 400 <= status < 500 else GmailSilentError(said)


def _reasons(error: HttpError) -> frozenset[str]:
    details: Any = error.error_details
    found = details if isinstance(details, list) else []
    return frozenset(str(one.get("reason", "")) for one in found if isinstance(one, dict)) - {""}


def _pause(error: HttpError) -> float:
    """Read Retry-After, seconds or a date, or the time that Gmail writes into its message; else a few seconds."""
    value = str(error.resp.get("retry-after", ""))
    if value.isdigit():
        return min(float(value), MAX_BUSY_S)
    try:
        match = _UNTIL.search(str(error.reason or ""))
        until = datetime.fromisoformat(match[1].replace("Z", "+00:00")) if match else parsedate_to_datetime(value)
        return min(max(0.0, (until - datetime.now(UTC)).total_seconds()), MAX_BUSY_S)
    except (TypeError, ValueError):
        return BUSY_S


def _grant_error(error: RefreshError) -> str:
    told = error.args[1] if len(error.args) > 1 else None
    return str(told.get("error", "refused")) if isinstance(told, dict) else "refused"


def _never_connected(error: requests.RequestException) -> bool:
    """Tell whether the call failed before a byte of it was sent."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError | requests.exceptions.ProxyError):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError | ConnectTimeoutError)
