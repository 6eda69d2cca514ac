"""Verifies the signature of Twilio's posts with Twilio's own validator."""

from __future__ import annotations

from collections.abc import Iterator

from twilio.request_validator import (  # type: ignore[import-untyped]
    RequestValidator,
    get_signature_algorithm,
)

from ingest.whatsapp.post import Params


class _Form:
    """Form parameters for the validator, which reads repeated ones through `getlist`."""

    def __init__(self, params: Params) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in params:
            self._values.setdefault(name, []).append(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def getlist(self, name: str) -> list[str]:
        """Return every value that the parameter came with."""
        return self._values[name]


def verify(auth_token: str, public_url: str, params: Params | str, signature: str, *, settings: str = "") -> bool:
    """Return whether Twilio signed this request (`X-Twilio-Signature`). Never raises.

    `public_url` is the URL that Twilio calls, with its query, built from `PUBLIC_BASE_URL` and never from the request's
    own Host. `params` are all form parameters, unknown ones too, or the raw body of a JSON request, whose hash Twilio
    puts into the query (`bodySHA256`). `settings` is `X-Twilio-Webhooks-Signature-Settings`, if there is one: it names
    the algorithm, and `auth_token` is then the shared key's secret. A signature has no time: dedupe by MessageSid.
    """
    if not auth_token or not signature or (isinstance(params, str) and "bodySHA256=" not in public_url):
        return False
    body = params if isinstance(params, str) else _Form(params)
    try:
        algorithm = get_signature_algorithm(settings)
        return bool(RequestValidator(auth_token).validate(public_url, body, signature, algorithm))
    except (UnicodeError, ValueError):
        return False
