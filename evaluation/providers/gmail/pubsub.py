"""Pub/Sub's push: a signed POST for a change, at most one a second, repeated until it is acknowledged."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from evaluation.providers.gmail.contents.mailbox import Mailbox, StoredMessage
from evaluation.providers.gmail.options import GmailOptions
from evaluation.providers.gmail.platform.signing import SigningKeys
from evaluation.providers.journal import Kind
from evaluation.providers.notices import Background, NoticeSender
from evaluation.providers.shared_state import SharedState

ACKNOWLEDGED = frozenset({102, 200, 201, 202, 204})
WATCH_LASTS = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A watch as set by users.watch; nothing is pushed after `expires_at`."""

    topic: str
    labels: tuple[str, ...]
    exclude: bool
    expires_at: datetime

    def covers(self, message: StoredMessage, now: datetime) -> bool:
        """Return whether a change of this message is pushed."""
        if now >= self.expires_at:
            return False
        return not self.labels or bool(message.labels.intersection(self.labels)) != self.exclude


class Pusher:
    """Pushes {emailAddress, historyId} to the subscription's endpoint while a watch is set."""

    def __init__(
        self, options: GmailOptions, mailbox: Mailbox, keys: SigningKeys, shared: SharedState, background: Background
    ) -> None:
        self.watch: Watch | None = None
        self._options = options
        self._mailbox = mailbox
        self._keys = keys
        self._shared = shared
        self._background = background
        self._notices = NoticeSender("push", shared.faults, background)
        self._client = httpx.AsyncClient(timeout=options.push_ack_seconds)
        self._last_event: datetime | None = None
        mailbox.on_change = self.changed

    def changed(self, message: StoredMessage) -> None:
        """Push the change of a message, if a watch covers it and `push_interval_seconds` have passed since the last."""
        now, interval = self._shared.clock.now(), timedelta(seconds=self._options.push_interval_seconds)
        if self.watch is None or not self.watch.covers(message, now):
            return
        if self._last_event is not None and now - self._last_event < interval:
            return
        self._last_event = now
        self.push(self._mailbox.history.latest)

    def push(self, history_id: int, claims: Mapping[str, Any] | None = None) -> None:
        """Push this historyId without regard to the watch; `claims` override the token's."""
        if self._options.push_url is None:
            return
        envelope = self._envelope(history_id)
        self._background.spawn(self._notices.deliver(lambda: self._until_acknowledged(envelope, history_id, claims)))

    def claims(self) -> dict[str, Any]:
        """Return the claims of a genuine push, except issuer and times."""
        subject = "104562347854321098765"
        account = self._options.push_service_account
        return {"aud": self._options.audience, "azp": subject, "sub": subject, "email": account, "email_verified": True}

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _envelope(self, history_id: int) -> dict[str, Any]:
        data = json.dumps({"emailAddress": self._options.user, "historyId": history_id}).encode()
        number = str(secrets.randbits(53))
        published = self._shared.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        message = {"data": base64.b64encode(data).decode(), "messageId": number, "message_id": number}
        return {
            "message": {**message, "publishTime": published, "publish_time": published},
            "subscription": self._options.subscription,
        }

    async def _until_acknowledged(
        self, envelope: Mapping[str, Any], history_id: int, claims: Mapping[str, Any] | None
    ) -> None:
        pause, longest = self._options.push_backoff_seconds
        attempt = 1
        while (await self._attempt(envelope, history_id, claims, attempt)) not in ACKNOWLEDGED:
            await asyncio.sleep(pause)
            pause, attempt = min(pause * 2, longest), attempt + 1

    async def _attempt(
        self, envelope: Mapping[str, Any], history_id: int, claims: Mapping[str, Any] | None, attempt: int
    ) -> int:
        """Post once; returns the status, 0 without a response."""
        url = self._options.push_url or ""
        token = self._keys.token({**self.claims(), **(claims or {})})
        headers = {"Authorization": f"Bearer {token}", "User-Agent": "CloudPubSub-Google", "From": "noreply@google.com"}
        started = time.monotonic()
        try:
            status = (await self._client.post(url, json=envelope, headers=headers)).status_code
        except httpx.HTTPError:
            status = 0
        seconds = round(time.monotonic() - started, 4)
        details = {"url": url, "status": status, "attempt": attempt, "historyId": history_id, "seconds": seconds}
        number = envelope["message"]["messageId"]
        self._shared.journal.record("gmail", Kind.PUSH, request_id=number, details=details)
        return status
