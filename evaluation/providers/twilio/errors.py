"""Twilio's errors as JSON: codes, statuses and messages."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

_CATALOGUE: Mapping[int, tuple[int, str]] = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    20503: (503, "Service Unavailable"),
    21211: (400, "Invalid 'To' Phone Number: {detail}"),
    21408: (
        400,
        "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {detail}",
    ),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21609: (400, "Invalid 'StatusCallback' URL: {detail}"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21619: (400, "A text message body or media urls must be specified."),
    21655: (400, "The ContentSid {detail} is invalid."),
    21656: (400, "The ContentVariables Parameter is invalid."),
    21658: (400, "Parameter 'Body' exceeded the 1600 character limit"),
    21910: (400, "Invalid From and To pair. From and To should be of the same channel"),
    63016: (400, "Failed to send freeform message because you are outside the allowed window."),
    63007: (400, "Twilio could not find a Channel with the specified From address"),
}
UNDELIVERED: Mapping[int, str] = {
    63016: "Failed to send freeform message because you are outside the allowed window.",
    63018: "Rate limit exceeded for Channel",
    63024: "Invalid message recipient",
}


class TwilioRefusal(Exception):  # noqa: N818 - an answer, not a failure of ours
    """The call is answered with this error; no message was made."""

    def __init__(self, code: int, detail: str = "") -> None:
        self.code = code
        self.status, text = _CATALOGUE[code]
        self.message = text.format(detail=detail)
        super().__init__(self.message)

    def response(self, headers: Mapping[str, str] | None = None) -> Response:
        """Return the error as Twilio serves it."""
        more_info = f"https://www.twilio.com/docs/errors/{self.code}"
        body = {"code": self.code, "message": self.message, "more_info": more_info, "status": self.status}
        return JSONResponse(body, self.status, headers)


def refuse(status: int, headers: Mapping[str, str]) -> Response:
    """Return the error response of an ordered fault."""
    code = {429: 20429, 503: 20503}.get(status, 20500)
    refusal = TwilioRefusal(code)
    refusal.status = status
    return refusal.response(headers)
