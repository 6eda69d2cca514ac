"""Pub/Sub's push: a signed POST for each change, at most one a second, repeated until it is acknowledged."""

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

from evaluation.providers.backstage import Backstage
from evaluation.providers.gmail.mailbox import Mailbox, StoredMessage
from evaluation.providers.gmail.options import GmailOptions
from evaluation.providers.gmail.platform.signing import SigningKeys
from evaluation.providers.journal import Kind
from evaluation.providers.outlet import Background, Outlet

ACKNOWLEDGED = frozenset({102, 200, 201, 202, 204})
WATCH_LASTS = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What users.watch asked for; past `expires_at` nothing is pushed."""

    topic: str
    labels: tuple[str, ...]
    exclude: bool
    expires_at: datetime

    def covers(self, message: StoredMessage, now: datetime) -> bool:
        """True when this message's change is to be pushed."""
        if now >= self.expires_at:
            return False
        return not self.labels or bool(message.labels.intersection(self.labels)) != self.exclude


class Pusher:
    """Pushes {emailAddress, historyId} to the subscription's endpoint while a watch is set."""

    def __init__(
        self, options: GmailOptions, mailbox: Mailbox, keys: SigningKeys, backstage: Backstage, background: Background
    ) -> None:
        self.watch: Watch | None = None
        self._options = options
        self._mailbox = mailbox
        self._keys = keys
        self._backstage = backstage
        self._background = background
        self._outlet = Outlet("push", backstage.faults, background)
        self._client = httpx.AsyncClient(timeout=options.push_ack_seconds)
        self._last_event: datetime | None = None
        mailbox.on_change = self.changed

    def changed(self, message: StoredMessage) -> None:
        """A message changed: push, unless no watch covers it or an event left within the last second."""
        now = self._backstage.clock.now()
        if self.watch is None or not self.watch.covers(message, now) or self._too_soon(now):
            return
        self._last_event = now
        self.push(self._mailbox.history.latest)

    def push(self, history_id: int, claims: Mapping[str, Any] | None = None) -> None:
        """Push this historyId, whatever the watch says; `claims` replace those of the token."""
        if self._options.push_url is None:
            return
        envelope = self._envelope(history_id)
        self._background.spawn(self._outlet.deliver(lambda: self._until_acknowledged(envelope, history_id, claims)))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _too_soon(self, now: datetime) -> bool:
        wait = timedelta(seconds=self._options.push_interval_seconds)
        return self._last_event is not None and now - self._last_event < wait

    def _envelope(self, history_id: int) -> dict[str, Any]:
        data = json.dumps({"emailAddress": self._options.user, "historyId": history_id}).encode()
        number = str(secrets.randbits(53))
        published = self._backstage.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
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
        """One POST; the status, or 0 when there was no answer."""
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
        self._backstage.journal.record("gmail", Kind.PUSH, request_id=number, details=details)
        return status

    def claims(self) -> dict[str, Any]:
        """What an honest push claims beside issuer and times."""
        subject = "104562347854321098765"
        account = self._options.push_service_account
        return {"aud": self._options.audience, "azp": subject, "sub": subject, "email": account, "email_verified": True}
