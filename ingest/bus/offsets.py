"""Tracks which offsets may be committed: those with no unfinished record before them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping


class Progress:
    """The records of one partition since it was assigned: begun in order, finished in any order."""

    def __init__(self) -> None:
        self._begun: deque[int] = deque()
        self._unfinished: set[int] = set()
        self._next: int | None = None
        self._committed: int | None = None

    def begin(self, offset: int) -> None:
        """Note a record that was fetched; offsets come in ascending order."""
        self._begun.append(offset)
        self._unfinished.add(offset)

    def finish(self, offset: int) -> None:
        """Note that a record is finished; one that was fetched before a rebalance is ignored."""
        if offset not in self._unfinished:
            return
        self._unfinished.remove(offset)
        while self._begun and self._begun[0] not in self._unfinished:
            self._next = self._begun.popleft() + 1

    @property
    def due(self) -> int | None:
        """The offset to commit (that of the next record to read), or None when nothing new is finished."""
        return self._next if self._next != self._committed else None

    def committed(self, offset: int) -> None:
        """Note what the broker has stored."""
        self._committed = offset


Partition = tuple[str, int]


class Offsets:
    """The progress of every partition that is assigned now."""

    def __init__(self) -> None:
        self._progress: dict[Partition, Progress] = {}

    @property
    def partitions(self) -> list[Partition]:
        """The partitions that records were fetched from."""
        return list(self._progress)

    def begin(self, partition: Partition, offset: int) -> None:
        """Note a record that was fetched."""
        self._progress.setdefault(partition, Progress()).begin(offset)

    def finish(self, partition: Partition, offset: int) -> None:
        """Note that a record is finished; ignored when its partition was revoked."""
        if (progress := self._progress.get(partition)) is not None:
            progress.finish(offset)

    def due(self) -> dict[Partition, int]:
        """Return the offset to commit of each partition that has one."""
        return {p: offset for p, progress in self._progress.items() if (offset := progress.due) is not None}

    def committed(self, offsets: Mapping[Partition, int]) -> None:
        """Note what the broker has stored."""
        for partition, offset in offsets.items():
            if (progress := self._progress.get(partition)) is not None:
                progress.committed(offset)

    def forget(self, partitions: Iterable[Partition]) -> None:
        """Drop revoked partitions; when assigned again they start without a past."""
        for partition in partitions:
            self._progress.pop(partition, None)
