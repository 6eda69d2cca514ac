"""The Gmail account behind the API, and one call to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams

from evaluation.providers.gmail.contents import rfc822
from evaluation.providers.gmail.contents.drafts import Drafts, Sender
from evaluation.providers.gmail.contents.history import HistoryLog
from evaluation.providers.gmail.contents.mailbox import RECEIVED, Mailbox, StoredMessage
from evaluation.providers.gmail.options import GmailOptions
from evaluation.providers.gmail.platform.errors import invalid
from evaluation.providers.gmail.platform.oauth import AccessTokens
from evaluation.providers.gmail.platform.quota import Quota
from evaluation.providers.gmail.platform.signing import SigningKeys
from evaluation.providers.gmail.pubsub import Pusher
from evaluation.providers.journal import Kind
from evaluation.providers.notices import Background
from evaluation.providers.shared_state import SharedState


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One API call: path parameters, query, JSON body, and its id in the journal."""

    path: Mapping[str, str]
    query: QueryParams
    body: Mapping[str, Any]
    request_id: str


class GmailAccount:
    """The account of `options`: mailbox, drafts, quota, tokens, keys and the push subscription."""

    def __init__(self, options: GmailOptions, shared: SharedState, background: Background) -> None:
        clock = shared.clock
        self.options = options
        self.shared = shared
        self.mailbox = Mailbox(options.user, clock, HistoryLog(options.history_kept))
        self.drafts = Drafts(self.mailbox)
        self.sender = Sender(self.mailbox, clock, rewrite_message_id=options.rewrite_message_id)
        self.quota = Quota(options.units_per_minute, clock)
        self.tokens = AccessTokens(options, clock)
        self.keys = SigningKeys()
        self.pusher = Pusher(options, self.mailbox, self.keys, shared, background)

    def send(self, raw: bytes, thread_id: str | None, request_id: str, *, settled: bool = False) -> StoredMessage:
        """Accept a mail for delivery and record it in the journal. Raises GmailRefusal (400, 404)."""
        message = self.sender.send(raw, thread_id, settled=settled)
        self.record(Kind.MAIL_SENT, message, request_id)
        return message

    def receive(self, raw: bytes, request_id: str = "", labels: Iterable[str] = RECEIVED) -> StoredMessage:
        """Put a mail into the mailbox, under the labels of new mail or these, and record it in the journal."""
        message = self.mailbox.receive(raw, labels)
        self.record(Kind.MAIL_RECEIVED, message, request_id)
        return message

    def record(self, kind: Kind, message: StoredMessage, request_id: str, **details: Any) -> None:
        """Record what happened with a mail in the journal."""
        raw = message.raw
        self.shared.journal.record(
            "gmail",
            kind,
            request_id=request_id,
            sender=next(iter(rfc822.addresses(raw, "From")), ""),
            to=tuple(rfc822.addresses(raw, "To", "Cc", "Bcc")),
            body=rfc822.text(raw),
            thread=message.thread_id,
            message_id=message.id,
            headers=tuple(rfc822.headers(raw)),
            details={"rfc_message_id": message.rfc_id, "history_id": message.history_id, **details},
        )


def mail_of(message: Mapping[str, Any]) -> tuple[bytes, str | None]:
    """Return the raw mail and the thread id of a `Message` in a request. Raises GmailRefusal (400)."""
    raw = message.get("raw")
    if not isinstance(raw, str) or not raw:
        raise invalid("'raw' RFC822 payload message string or uploading message via /upload/* URL required")
    try:
        return rfc822.decode(raw), message.get("threadId")
    except ValueError:
        raise invalid("Invalid value at 'message.raw' (TYPE_BYTES), Base64 decoding failed") from None
