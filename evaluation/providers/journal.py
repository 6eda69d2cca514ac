"""The journal of what the stand-ins accepted, in order: in memory and as JSON lines in a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Any, TextIO

from evaluation.providers.clock import ShiftedClock


class Kind(StrEnum):
    """What happened."""

    MAIL_SENT = "mail_sent"  # Gmail accepted a mail for delivery
    MAIL_RECEIVED = "mail_received"  # a mail came into the mailbox
    DRAFT_CREATED = "draft_created"
    DRAFT_DELETED = "draft_deleted"
    WATCH_SET = "watch_set"
    WATCH_STOPPED = "watch_stopped"
    PUSH = "push"  # one attempt to post a Pub/Sub message
    WHATSAPP_ACCEPTED = "whatsapp_accepted"  # Twilio accepted a message, even if its response was lost
    WHATSAPP_STATUS = "whatsapp_status"  # a message became sent, delivered, read or undelivered
    WHATSAPP_RECEIVED = "whatsapp_received"  # a customer wrote
    STATUS_CALLBACK = "status_callback"  # one attempt to post a status
    WEBHOOK = "webhook"  # one attempt to post a customer's message


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One accepted effect or one attempt. `time` is the stand-ins' own, aware; `headers` keep order and repetitions."""

    seq: int
    time: datetime
    provider: str
    kind: str
    request_id: str = ""
    sender: str = ""
    to: tuple[str, ...] = ()
    body: str = ""
    thread: str = ""
    message_id: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    details: Mapping[str, Any]

    def header(self, name: str) -> str | None:
        """Return the first header of that name, in any case; None without one."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def as_json(self) -> dict[str, Any]:
        """Return the entry as it is in the file and in `GET /_control/journal`."""
        return {**{name: getattr(self, name) for name in self.__slots__}, "time": self.time.isoformat()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Entry:
        """Read what `as_json` wrote."""
        pairs = tuple((name, text) for name, text in value["headers"])
        time = datetime.fromisoformat(value["time"])
        return cls(**{**value, "time": time, "to": tuple(value["to"]), "headers": pairs})


class Journal:
    """Append-only. Written from the stand-ins' loop, readable from any thread."""

    def __init__(self, clock: ShiftedClock, path: Path | None = None) -> None:
        self._clock = clock
        self._lock = Lock()
        self._entries: list[Entry] = []
        self._seq = _lines_in(path)
        self._file: TextIO | None = path.open("a", encoding="utf-8", buffering=1) if path else None

    def record(self, provider: str, kind: Kind, **fields: Any) -> Entry:
        """Append one entry; `fields` are those of `Entry`. A file's line is written before this returns."""
        details = fields.pop("details", {})
        with self._lock:
            self._seq += 1
            now = self._clock.now()
            entry = Entry(seq=self._seq, time=now, provider=provider, kind=kind, details=details, **fields)
            self._entries.append(entry)
            if self._file is not None:
                self._file.write(json.dumps(entry.as_json(), ensure_ascii=False) + "\n")
        return entry

    def resume(self, earlier: Iterable[Entry]) -> None:
        """List the entries of an earlier run before this run's; the file has them already."""
        with self._lock:
            self._entries[:0] = earlier

    def entries(self, *, kind: str | None = None, provider: str | None = None, after: int = 0) -> list[Entry]:
        """Return the entries with a number above `after`, oldest first."""
        with self._lock:
            held = list(self._entries)
        return [
            entry
            for entry in held
            if entry.seq > after and kind in (None, entry.kind) and provider in (None, entry.provider)
        ]

    def close(self) -> None:
        """Close the file; nothing can be recorded in it afterwards."""
        if self._file is not None:
            self._file.close()


def read_journal(lines: Iterable[str]) -> list[Entry]:
    """Return the entries of a journal file, given as its lines."""
    return [Entry.from_json(json.loads(line)) for line in lines]


def _lines_in(path: Path | None) -> int:
    """Count an earlier run's entries: numbers continue after them."""
    if path is None or not path.exists():
        return 0
    with path.open(encoding="utf-8") as earlier:
        return sum(1 for _ in earlier)
