"""Which offsets of a partition may be committed: those with nothing unfinished before them."""

from __future__ import annotations

from collections import deque


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
        """Note that a record is done with; one that was not begun here (fetched before a rebalance) is ignored."""
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


class DeadLetterLimit:
    """Tells a few bad messages from a bad deploy, which would empty the topic into the dead letters.

    Reached when `run` records of one partition, or `total_run` of all, died one after the other, or more than `ratio`
    of a partition's last `window` did (once it has seen half of them). It stays reached: only a restart reopens it.
    """

    def __init__(self, *, run: int = 8, total_run: int = 50, window: int = 40, ratio: float = 0.5) -> None:
        self._run, self._total_run, self._window, self._ratio = run, total_run, window, ratio
        self._runs: dict[int, int] = {}
        self._all = 0
        self._recent: dict[int, deque[bool]] = {}
        self.reached = False

    def note(self, partition: int, *, dead: bool) -> None:
        """Count a record that is finished, well or as a dead letter."""
        self._all = self._all + 1 if dead else 0
        self._runs[partition] = self._runs.get(partition, 0) + 1 if dead else 0
        recent = self._recent.setdefault(partition, deque(maxlen=self._window))
        recent.append(dead)
        too_many = len(recent) >= self._window / 2 and sum(recent) > self._ratio * len(recent)
        if self._runs[partition] >= self._run or self._all >= self._total_run or too_many:
            self.reached = True
