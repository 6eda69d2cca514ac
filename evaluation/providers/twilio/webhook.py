"""Posts signed forms to the product, with Twilio's timeouts and retry."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urldefrag

import httpx
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from evaluation.providers.journal import Journal, Kind
from evaluation.providers.twilio.messages import new_sid
from evaluation.providers.twilio.options import TwilioOptions

_RETRIABLE = frozenset({"ct", "rt", "4xx", "5xx"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How a URL is called: the account's defaults, overridden by its fragment (`#rc=2&rp=all&rt=5000`)."""

    url: str
    connect_seconds: float
    read_seconds: float
    retries: int
    retry_on: frozenset[str]

    @classmethod
    def of(cls, url: str, options: TwilioOptions) -> Connection:
        """Read the overrides: ct and rt in milliseconds, rc a count, rp a list of ct, rt, 4xx, 5xx, or all."""
        bare, fragment = urldefrag(url)
        overrides = {name: values[0] for name, values in parse_qs(fragment).items()}
        asked = frozenset(overrides["rp"].split(",")) if "rp" in overrides else options.retry_on
        return cls(
            url=bare,
            connect_seconds=int(overrides.get("ct", options.connect_seconds * 1000)) / 1000,
            read_seconds=int(overrides.get("rt", options.read_seconds * 1000)) / 1000,
            retries=int(overrides.get("rc", options.retries)),
            retry_on=_RETRIABLE if "all" in asked else asked,
        )


class WebhookClient:
    """Posts forms signed with the account's token and records every attempt in the journal."""

    def __init__(self, options: TwilioOptions, journal: Journal) -> None:
        self._options = options
        self._journal = journal
        self._validator = RequestValidator(options.auth_token)
        self._client = httpx.AsyncClient()

    async def post(self, kind: Kind, url: str, form: Mapping[str, str]) -> int:
        """Post until there is a response or the retries are used up; returns the last status, 0 without a response."""
        connection = Connection.of(url, self._options)
        token, status = new_sid(""), 0
        for attempt in range(1, connection.retries + 2):
            status, outcome = await self._attempt(kind, connection, form, token, attempt)
            if outcome not in connection.retry_on:
                break
        return status

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _attempt(
        self, kind: Kind, connection: Connection, form: Mapping[str, str], token: str, attempt: int
    ) -> tuple[int, str]:
        started = time.monotonic()
        status, outcome, answer = await self._send(connection, form, token)
        seconds = round(time.monotonic() - started, 4)
        details = {"url": connection.url, "status": status, "outcome": outcome, "attempt": attempt, "seconds": seconds}
        self._journal.record(
            "twilio",
            kind,
            request_id=token,
            sender=form["From"],
            to=(form["To"],),
            body=form.get("Body", ""),
            message_id=form["MessageSid"],
            details={**details, "answer": answer, "message_status": form.get("MessageStatus", "")},
        )
        return status, outcome

    async def _send(self, connection: Connection, form: Mapping[str, str], token: str) -> tuple[int, str, str]:
        """Return status, outcome (ok, ct, rt, 4xx, 5xx) and the beginning of the response."""
        timeout = httpx.Timeout(connection.read_seconds, connect=connection.connect_seconds)
        try:
            answer = await self._client.post(
                connection.url, data=dict(form), headers=self.headers(connection.url, form, token), timeout=timeout
            )
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return 0, "ct", ""
        except httpx.HTTPError:
            return 0, "rt", ""
        outcome = f"{answer.status_code // 100}xx" if answer.status_code >= 400 else "ok"
        return answer.status_code, outcome, answer.text[:500]

    def headers(self, url: str, form: Mapping[str, str], token: str) -> dict[str, str]:
        """Return the headers of a form to that URL; `token` is the post's idempotency token."""
        return {
            "X-Twilio-Signature": self._validator.compute_signature(url, dict(form)),
            "I-Twilio-Idempotency-Token": token,
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
        }
