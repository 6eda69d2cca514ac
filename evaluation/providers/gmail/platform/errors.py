"""Google's errors as JSON, with the reasons that client libraries look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}
_TEXT = {
    429: ("rateLimitExceeded", "Resource has been exhausted (e.g. check quota)."),
    503: ("backendError", "The service is currently unavailable."),
}


class GmailRefusal(Exception):  # noqa: N818 - an answer, not a failure of ours
    """The call is answered with this error; nothing was accepted."""

    def __init__(self, code: int, reason: str, message: str, *, domain: str = "global", **extra: str) -> None:
        super().__init__(message)
        self.code = code
        self.error = {"message": message, "domain": domain, "reason": reason, **extra}

    def response(self, headers: Mapping[str, str] | None = None) -> Response:
        """Return the error as Google serves it."""
        body: dict[str, Any] = {"code": self.code, "message": self.error["message"], "errors": [self.error]}
        body["status"] = _STATUS.get(self.code, "UNKNOWN")
        return JSONResponse({"error": body}, self.code, headers)


def refuse(status: int, headers: Mapping[str, str]) -> Response:
    """Return the error response of an ordered fault."""
    reason, message = _TEXT.get(status, ("backendError", "Internal error encountered."))
    return GmailRefusal(status, reason, message).response(headers)


def not_found() -> GmailRefusal:
    """404: no such message, thread or draft, or a history id that is too old."""
    return GmailRefusal(404, "notFound", "Requested entity was not found.")


def invalid(message: str) -> GmailRefusal:
    """400: an argument is wrong."""
    return GmailRefusal(400, "invalidArgument", message)


def not_implemented(what: str) -> GmailRefusal:
    """501: Gmail can do this and the stand-in cannot."""
    return GmailRefusal(501, "notImplemented", f"the stand-in does not know {what}")


def unauthenticated() -> GmailRefusal:
    """401: no access token, or one that is unknown or expired."""
    message = "Request had invalid authentication credentials. Expected OAuth 2 access token."
    return GmailRefusal(401, "authError", message, location="Authorization", locationType="header")


def insufficient_scope() -> GmailRefusal:
    """403: the token has none of the method's scopes."""
    return GmailRefusal(403, "insufficientPermissions", "Request had insufficient authentication scopes.")


def over_quota() -> GmailRefusal:
    """403 (not 429, as in Gmail): the user's units of this minute are spent."""
    message = (
        "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service "
        "'gmail.googleapis.com' for consumer 'project_number:314159265358'."
    )
    return GmailRefusal(403, "rateLimitExceeded", message, domain="usageLimits")
