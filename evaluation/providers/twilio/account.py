"""The Twilio account: accepts messages, reports their statuses, and posts what customers write."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from evaluation.providers.faults import FaultKind
from evaluation.providers.journal import Kind
from evaluation.providers.notices import Background, NoticeSender
from evaluation.providers.shared_state import SharedState
from evaluation.providers.twilio.accept import Accepted, accept
from evaluation.providers.twilio.customers import Customers
from evaluation.providers.twilio.errors import UNDELIVERED, TwilioRefusal
from evaluation.providers.twilio.inbound import inbound_form, status_form
from evaluation.providers.twilio.messages import Message, Messages, new_sid
from evaluation.providers.twilio.options import TwilioOptions
from evaluation.providers.twilio.webhook import WebhookClient

_UNDELIVERED, _REFUSED = frozenset({FaultKind.UNDELIVERED}), frozenset({FaultKind.REFUSED})
Media = Sequence[tuple[str, bytes]]


class TwilioAccount:
    """The account of `options`, with its messages and its customers."""

    def __init__(self, options: TwilioOptions, shared: SharedState, background: Background) -> None:
        self.options = options
        self.shared = shared
        self.messages = Messages()
        self.customers = Customers(shared.clock, options.window_hours)
        self.webhooks = WebhookClient(options, shared.journal)
        self._background = background
        self._callbacks = NoticeSender("status_callback", shared.faults, background)
        self._inbound = NoticeSender("webhook", shared.faults, background)
        self._recent: deque[datetime] = deque()
        self._posted: dict[str, Mapping[str, str]] = {}
        shared.faults.declare("messages.create", _UNDELIVERED | _REFUSED)

    def create(self, form: Mapping[str, Sequence[str]], request_id: str) -> Message:
        """Accept an outgoing message and start its delivery. Raises TwilioRefusal."""
        order = accept(form, self.options, self.customers)
        if fault := self.shared.faults.take("messages.create", _REFUSED):
            raise TwilioRefusal(fault.code)
        prefix = "MM" if order.media_urls else "SM"
        message = self._new(
            new_sid(prefix), self.options.sender, order.to, order.body, "outbound-api", "queued", len(order.media_urls)
        )
        message.status_callback = order.status_callback
        code = self._undelivered_code(order)
        self._record(Kind.WHATSAPP_ACCEPTED, message, request_id, template=order.template, media=list(order.media_urls))
        self._background.spawn(self._deliver(message, code))
        return message

    def write(self, number: str, body: str, *, name: str, media: Media, media_base: str, copies: int) -> Message:
        """Store and record a customer's message, and post it to the webhook `copies` times at once."""
        self.customers.wrote(number, body)
        prefix = "MM" if media else "SM"
        message = self._new(
            new_sid(prefix), f"whatsapp:{number}", self.options.sender, body, "inbound", "received", len(media)
        )
        message.media = tuple(media)
        self._record(Kind.WHATSAPP_RECEIVED, message, "", media=[kind for kind, _ in media])
        self._posted[message.sid] = inbound_form(message, name=name, media_base=media_base)
        self.repeat(message.sid, copies)
        return message

    def prepared(self, sid: str) -> dict[str, Any]:
        """Return a customer's message as it would be posted: `url`, `headers` and `form`."""
        url, form = self.options.webhook_url or "", dict(self._posted[sid])
        return {"url": url, "headers": self.webhooks.headers(url, form, new_sid("")), "form": form}

    def repeat(self, sid: str, copies: int) -> None:
        """Post a customer's message to the webhook `copies` times at once. Raises KeyError for an unknown sid."""
        form, url = self._posted[sid], self.options.webhook_url or ""
        for _ in range(copies if url else 0):
            self._background.spawn(self._inbound.deliver(lambda: self.webhooks.post(Kind.WEBHOOK, url, form)))

    async def _deliver(self, message: Message, code: int | None) -> None:
        """Report queued, then sent, delivered and read, or undelivered with its code."""
        await self._report_status(message)
        onward = ["undelivered"] if code else ["sent", "delivered", *(["read"] if self.options.reads else [])]
        for status in onward:
            await asyncio.sleep(self.options.status_seconds)
            self._set_status(message, status, code)
            await self._report_status(message)

    def _set_status(self, message: Message, status: str, code: int | None) -> None:
        message.status, message.updated_at = status, self.shared.clock.now()
        if code:
            message.error_code, message.error_message = code, UNDELIVERED.get(code, "Unknown error")
        elif message.sent_at is None:
            message.sent_at = message.updated_at
        self._record(Kind.WHATSAPP_STATUS, message, "", status=status, error_code=code)

    async def _report_status(self, message: Message) -> None:
        url = message.status_callback
        if url is None:
            return
        form = status_form(message)  # now: a delayed callback still reports this status
        await self._callbacks.deliver(lambda: self.webhooks.post(Kind.STATUS_CALLBACK, url, form))

    def _undelivered_code(self, order: Accepted) -> int | None:
        fault = self.shared.faults.take("messages.create", _UNDELIVERED)
        if fault:
            return fault.code
        if not self.customers.get(order.number).on_whatsapp:
            return 63024
        if order.template is None and not self.customers.window_open(order.number):
            return 63016
        return 63018 if self._too_fast() else None

    def _too_fast(self) -> bool:
        now = self.shared.clock.now()
        while self._recent and now - self._recent[0] >= timedelta(seconds=1):
            self._recent.popleft()
        self._recent.append(now)
        limit = self.options.messages_per_second
        return limit is not None and len(self._recent) > limit

    def _new(self, sid: str, sender: str, to: str, body: str, direction: str, status: str, num_media: int) -> Message:
        now = self.shared.clock.now()
        message = Message(
            sid=sid,
            account_sid=self.options.account_sid,
            sender=sender,
            to=to,
            body=body,
            direction=direction,
            status=status,
            created_at=now,
            updated_at=now,
            num_media=num_media,
        )
        self.messages.add(message)
        return message

    def _record(self, kind: Kind, message: Message, request_id: str, **details: Any) -> None:
        self.shared.journal.record(
            "twilio",
            kind,
            request_id=request_id,
            sender=message.sender,
            to=(message.to,),
            body=message.body,
            thread=message.to if message.direction == "outbound-api" else message.sender,
            message_id=message.sid,
            details={"status_callback": message.status_callback, **details},
        )
