"""A client of the stand-ins' control endpoints."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

import httpx

from evaluation.providers.journal import Entry


class ControlError(Exception):
    """A control endpoint refused the order: the stand-in cannot do it."""


class ControlClient:
    """Acts as customers, orders faults, moves the clock, reads the journal. Blocking; close it or use `with`."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._client = httpx.Client(base_url=base_url, timeout=30)

    def __enter__(self) -> ControlClient:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def journal(self, *, kind: str | None = None, provider: str | None = None, after: int = 0) -> list[Entry]:
        """Return what was accepted, oldest first."""
        query = {"kind": kind, "provider": provider, "after": after}
        answer = self._client.get("/_control/journal", params={k: v for k, v in query.items() if v is not None})
        return [Entry.from_json(one) for one in answer.raise_for_status().json()]

    def wait_for(
        self, count: int, *, kind: str, seconds: float = 10.0, where: Callable[[Entry], bool] = lambda _: True
    ) -> list[Entry]:
        """Return the journal's entries of `kind` once there are `count`. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while len(found := [entry for entry in self.journal(kind=kind) if where(entry)]) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(found)} of {count} {kind} after {seconds} s")
            time.sleep(0.02)
        return found

    def fault(self, method: str, kind: str, **fields: Any) -> None:
        """Order a fault: `times`, `skip`, `probability`, `seconds`, `status`, `code`, `copies`. Raises ControlError."""
        _accepted(self._client.post("/_control/faults", json={"method": method, "kind": kind, **fields}))

    def clear_faults(self) -> None:
        """Cancel every ordered fault."""
        self._client.delete("/_control/faults").raise_for_status()

    def advance(self, seconds: float) -> None:
        """Move the stand-ins' clock ahead."""
        self._post("/_control/clock", {"advance_seconds": seconds})

    def write_mail(self, *, sender: str, subject: str, text: str, **fields: Any) -> dict[str, Any]:
        """Write a mail as a customer; also `name`, `html`, `reply_to` (Gmail id), `headers`, `dmarc`. Returns ids."""
        return self._post("/_control/mail", {"sender": sender, "subject": subject, "text": text, **fields})

    def inject_raw_mail(self, raw: bytes, *, labels: Sequence[str] = ()) -> dict[str, Any]:
        """Put a mail into the mailbox byte for byte, under the labels of new mail or these. Returns its ids."""
        return _described(self._client.post("/_control/mail/raw", content=raw, params={"label": list(labels)}))

    def answer_as_person(self, *, reply_to: str, text: str) -> dict[str, Any]:
        """Reply to a customer's mail as a member of staff in Gmail itself."""
        return self._post("/_control/mail/sent", {"reply_to": reply_to, "text": text})

    def forget_history(self) -> None:
        """Make every earlier historyId too old."""
        self._post("/_control/history/forget", {})

    def push(self, **fields: Any) -> None:
        """Push now; also `historyId`, and `claims` that replace the token's."""
        self._client.post("/_control/push", json=fields).raise_for_status()

    def id_token(self, *, by_stranger: bool = False, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """Return an OIDC token as a push carries it, with these claims instead of its own (None omits one)."""
        order = {"by_stranger": by_stranger, "headers": headers, "claims": claims}
        return str(self._post("/_control/id-token", order)["token"])

    def rotate_keys(self) -> None:
        """Sign with a new key from now on."""
        self._post("/_control/keys/rotate", {})

    def revoke_access_tokens(self) -> None:
        """Invalidate every access token."""
        self._client.delete("/_control/tokens").raise_for_status()

    def write_whatsapp(self, number: str, body: str, **fields: Any) -> str:
        """Send a WhatsApp message as a customer; also `name`, `copies`, `media`. Returns the MessageSid."""
        return str(self._post("/_control/whatsapp", {"number": number, "body": body, **fields})["sid"])

    def prepare_whatsapp(self, number: str, body: str) -> dict[str, Any]:
        """Write as a customer without posting it: returns the signed post's `url`, `headers` and `form`."""
        return self._post("/_control/whatsapp", {"number": number, "body": body, "copies": 0})

    def repeat_whatsapp(self, sid: str, *, copies: int = 1) -> None:
        """Post a customer's message again, `copies` times at once."""
        self._post("/_control/whatsapp/repeat", {"sid": sid, "copies": copies})

    def set_number(self, number: str, **fields: bool) -> None:
        """Set the state of a number: `window_open`, `unsubscribed`, `on_whatsapp`."""
        _accepted(self._client.post("/_control/numbers", json={"number": number, **fields}))

    def _post(self, path: str, order: dict[str, Any]) -> dict[str, Any]:
        return _described(self._client.post(path, json=order))


def _described(answer: httpx.Response) -> dict[str, Any]:
    _accepted(answer)
    described: dict[str, Any] = answer.json()
    return described


def _accepted(answer: httpx.Response) -> None:
    if answer.is_error:
        raise ControlError(f"{answer.request.url.path}: {answer.text}")
