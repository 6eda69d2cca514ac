"""The mailbox: messages, labels, threads as Gmail makes them, and the history of changes."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from evaluation.providers.clock import ShiftedClock
from evaluation.providers.gmail.contents import rfc822
from evaluation.providers.gmail.contents.history import ADDED, DELETED, LABEL_ADDED, LABEL_REMOVED, HistoryLog, Record
from evaluation.providers.gmail.platform.errors import not_found

RECEIVED = ("INBOX", "UNREAD")
"""The labels of mail that has just come in."""
_FIRST_MESSAGE = 0x19A0_0000_0000_0000


@dataclass(slots=True, kw_only=True)
class StoredMessage:
    """A mail in the mailbox. `id` and `thread_id` are 16 hexadecimal digits that grow with time."""

    id: str
    thread_id: str
    raw: bytes
    labels: set[str]
    received_at: datetime
    history_id: int = 0
    subject: str = field(init=False)
    rfc_id: str = field(init=False)

    def __post_init__(self) -> None:
        self.subject = rfc822.base_subject(self.raw)
        self.rfc_id = next(iter(rfc822.message_ids(self.raw, "Message-ID")), "")


class Mailbox:
    """One account's mail. `on_change` is called after each change with the message, for the push notifications."""

    def __init__(self, user: str, clock: ShiftedClock, history: HistoryLog) -> None:
        self.user = user
        self.history = history
        self.on_change: Callable[[StoredMessage], None] = lambda _: None
        self._clock = clock
        self._messages: dict[str, StoredMessage] = {}
        self._by_rfc_id: dict[str, list[StoredMessage]] = {}
        self._threads: dict[str, list[StoredMessage]] = {}
        self._last_number = _FIRST_MESSAGE

    def receive(self, raw: bytes, labels: Iterable[str] = RECEIVED) -> StoredMessage:
        """Store a mail from outside, in the thread that its References and subject name."""
        return self._store(raw, set(labels), self._thread_of_references(raw))

    def resume(self, message: StoredMessage) -> None:
        """Restore a mail of an earlier run, without calling `on_change`."""
        self._index(message)
        self.skip_ids(message.id, message.history_id)
        self.history.resume(
            Record(
                id=message.history_id,
                type=ADDED,
                message_id=message.id,
                thread_id=message.thread_id,
                labels=tuple(sorted(message.labels)),
            )
        )

    def skip_ids(self, message_id: str, history_id: int) -> None:
        """Don't assign ids up to these, which an earlier run has used."""
        self._last_number = max(self._last_number, int(message_id, 16))
        self.history.latest = max(self.history.latest, history_id)

    def put(self, raw: bytes, labels: Iterable[str], thread_id: str | None) -> StoredMessage:
        """Store a mail of the account: in `thread_id` when it references it and has its subject, else in a new thread.

        Raises GmailRefusal (404) for a thread that does not exist.
        """
        return self.put_into(raw, labels, self._requested_thread(raw, thread_id) if thread_id else None)

    def put_into(self, raw: bytes, labels: Iterable[str], thread_id: str | None) -> StoredMessage:
        """Store a mail of the account in that thread without checks; None starts one."""
        return self._store(raw, set(labels), thread_id)

    def get(self, message_id: str) -> StoredMessage:
        """Return a message. Raises GmailRefusal (404)."""
        if message_id not in self._messages:
            raise not_found()
        return self._messages[message_id]

    def thread(self, thread_id: str) -> list[StoredMessage]:
        """Return a thread's messages, oldest first. Raises GmailRefusal (404)."""
        if not self._threads.get(thread_id):
            raise not_found()
        return list(self._threads[thread_id])

    def newest_first(self) -> list[StoredMessage]:
        """Return every message."""
        return list(reversed(self._messages.values()))

    def thread_count(self) -> int:
        """Return the number of threads with messages."""
        return sum(1 for messages in self._threads.values() if messages)

    def relabel(self, message_id: str, add: Iterable[str], remove: Iterable[str]) -> StoredMessage:
        """Change labels; a change without effect is not in the history."""
        message = self.get(message_id)
        added, removed = set(add) - message.labels, set(remove) & message.labels
        message.labels = (message.labels | added) - removed
        for kind, changed in ((LABEL_ADDED, added), (LABEL_REMOVED, removed)):
            if changed:
                self._changed(message, kind, tuple(sorted(changed)))
        return message

    def remove(self, message_id: str) -> None:
        """Delete a message for good."""
        message = self.get(message_id)
        del self._messages[message.id]
        self._threads[message.thread_id].remove(message)
        self._by_rfc_id[message.rfc_id].remove(message)
        self._changed(message, DELETED)

    def _store(self, raw: bytes, labels: set[str], thread_id: str | None) -> StoredMessage:
        self._last_number += 1 + secrets.randbelow(0xFFFF)
        new_id = f"{self._last_number:016x}"
        message = StoredMessage(
            id=new_id, thread_id=thread_id or new_id, raw=raw, labels=labels, received_at=self._clock.now()
        )
        self._index(message)
        self._changed(message, ADDED)
        return message

    def _index(self, message: StoredMessage) -> None:
        self._messages[message.id] = message
        self._threads.setdefault(message.thread_id, []).append(message)
        self._by_rfc_id.setdefault(message.rfc_id, []).append(message)

    def _changed(self, message: StoredMessage, kind: str, changed: tuple[str, ...] = ()) -> None:
        message.history_id = self.history.add(
            type=kind,
            message_id=message.id,
            thread_id=message.thread_id,
            labels=tuple(sorted(message.labels)),
            changed=changed,
        )
        self.on_change(message)

    def _requested_thread(self, raw: bytes, thread_id: str) -> str | None:
        known = {message.rfc_id for message in self.thread(thread_id)}
        referenced = known.intersection(rfc822.message_ids(raw, "References", "In-Reply-To"))
        same_subject = any(message.subject == rfc822.base_subject(raw) for message in self.thread(thread_id))
        return thread_id if referenced and same_subject else None

    def _thread_of_references(self, raw: bytes) -> str | None:
        subject = rfc822.base_subject(raw)
        for rfc_id in reversed(rfc822.message_ids(raw, "References", "In-Reply-To")):
            for message in self._by_rfc_id.get(rfc_id, ()):
                if message.subject == subject:
                    return message.thread_id
        return None
