"""The mailbox's history: its changes under growing ids with gaps; old ones are dropped."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

ADDED, DELETED = "messageAdded", "messageDeleted"
LABEL_ADDED, LABEL_REMOVED = "labelAdded", "labelRemoved"
TYPES = (ADDED, DELETED, LABEL_ADDED, LABEL_REMOVED)
_FIELD = {
    ADDED: "messagesAdded",
    DELETED: "messagesDeleted",
    LABEL_ADDED: "labelsAdded",
    LABEL_REMOVED: "labelsRemoved",
}
_FIRST_ID = 1_204_811


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One change of one message; `labels` are those it had after the change, `changed` those added or removed."""

    id: int
    type: str
    message_id: str
    thread_id: str
    labels: tuple[str, ...]
    changed: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the change as a `History` resource."""
        named = {"id": self.message_id, "threadId": self.thread_id}
        change: dict[str, Any] = {"message": {**named, "labelIds": list(self.labels)}}
        if self.changed:
            change["labelIds"] = list(self.changed)
        return {"id": str(self.id), "messages": [named], _FIELD[self.type]: [change]}


class HistoryLog:
    """Keeps the last `kept` records; `latest` is the mailbox's historyId."""

    def __init__(self, kept: int, seed: int = 7) -> None:
        self.latest = _FIRST_ID
        self._kept = kept
        self._forgotten_to = 0
        self._records: list[Record] = []
        self._gaps = random.Random(seed)

    def add(self, **fields: Any) -> int:
        """Append a record under the next id and return the id; drops the oldest beyond the limit."""
        self.latest += self._gaps.randint(1, 40)
        self._records.append(Record(id=self.latest, **fields))
        if len(self._records) > self._kept:
            self._forgotten_to = self._records.pop(0).id
        return self.latest

    def resume(self, record: Record) -> None:
        """Append a record of an earlier run under its id."""
        self._records.append(record)

    def forget(self) -> None:
        """Drop every record: all earlier ids are too old."""
        self._forgotten_to = self.latest
        self._records.clear()
        self.latest += 1

    def knows(self, start: int) -> bool:
        """Return False when changes after `start` have been dropped."""
        return start >= self._forgotten_to

    def since(self, start: int, types: Collection[str], label: str | None) -> list[Record]:
        """Return records after `start`, of these types, of messages under `label` (None: any), oldest first."""
        return [
            record
            for record in self._records
            if record.id > start and record.type in types and (label is None or label in record.labels)
        ]
