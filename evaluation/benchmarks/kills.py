"""`bench kills`: forms arrive at a steady rate while the product's parts are killed one after the other."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from db.measurement import bench_reads
from db.operations.health import node_reports
from db.outbound import channel_configs
from db.pool import DatabaseUnavailableError, Pool, acquire
from evaluation.benchmarks.arrivals import Arrivals, arriving
from evaluation.benchmarks.kills_report import Kill, KillsReport, malformed
from evaluation.benchmarks.load import Sent, wait_until_finished
from evaluation.benchmarks.processes import KAFKA, POSTGRESQL, REPLICA, kill, processes
from evaluation.client import ProductClient
from evaluation.demo.samples import Sample

Said: TypeAlias = Callable[[str], None]
"""Hears what is done now."""
QUIET_S = 3.0
"""Forms arrive for so long before the first kill, and at least so long between two."""
LOOK_EVERY_S = 0.25
BACK_WITHIN_S = 300.0
SETTLED_WITHIN_S = 900.0


def marks(nodes: Sequence[str]) -> dict[str, str]:
    """Return what the command line of each part contains: the stores and these nodes."""
    return {"kafka": KAFKA, "postgresql": POSTGRESQL, **{node: REPLICA + node for node in nodes}}


async def measure(
    client: ProductClient,
    pool: Pool,
    samples: Sequence[Sample],
    *,
    parts: Mapping[str, str],
    data_dir: str,
    rate: float,
    rounds: int,
    said: Said,
) -> KillsReport:
    """Kill each part `rounds` times, each once the one before is back, then wait until every form is answered."""
    here = {part: mark for part, mark in parts.items() if processes(data_dir, mark)}
    killer = _Killer(pool, data_dir, said)
    async with arriving(client, samples, rate=rate) as arrivals:
        await asyncio.sleep(QUIET_S)
        spans = [await killer.kill(arrivals, part, mark) for _ in range(rounds) for part, mark in here.items()]
    said("until every form is answered")
    began = time.monotonic()
    accepted = [one.key for one in arrivals.sent if one.status == 201]
    await wait_until_finished(pool, accepted, timeout_s=SETTLED_WITHIN_S)
    settled_s = time.monotonic() - began
    async with acquire(pool) as connection:
        outcomes = await bench_reads.form_outcomes(connection, accepted)
        replies = await bench_reads.replies(connection, accepted)
        configs = await channel_configs.list_all(connection)
    answers = Counter(outcome.answers for outcome in outcomes)
    return KillsReport(
        statuses=dict(Counter(one.status for one in arrivals.sent)),
        answered_once=answers[1],
        lost=len(accepted) - sum(number for times, number in answers.items() if times),
        doubled=sum(number for times, number in answers.items() if times > 1),
        settled_s=settled_s,
        kills=tuple(span.as_kill(arrivals.sent) for span in spans),
        left_alone=tuple(part for part in parts if part not in here),
        replies=len(replies),
        malformed=malformed(replies, configs),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """A kill, and the forms from `first` up to `end` that were sent while it was felt."""

    part: str
    processes: int
    answered_s: float | None
    back_s: float | None
    is_node: bool
    first: int
    end: int

    def as_kill(self, sent: Sequence[Sent]) -> Kill:
        return Kill(
            part=self.part,
            processes=self.processes,
            refused=sum(one.status != 201 for one in sent[self.first : self.end]),
            answered_s=self.answered_s,
            back_s=self.back_s,
            is_node=self.is_node,
        )


class _Killer:
    """Kills parts of one installation, and watches when they are back."""

    def __init__(self, pool: Pool, data_dir: str, said: Said) -> None:
        self._pool, self._data_dir, self._said = pool, data_dir, said

    async def kill(self, arrivals: Arrivals, part: str, mark: str) -> _Span:
        """Kill a part once it runs; return when forms are answered again and, of a node, another replica reports."""
        await _seconds_until(lambda: asyncio.to_thread(processes, self._data_dir, mark))
        known = await self._replicas(part)
        self._said(f"{part} is killed")
        first = len(arrivals.keys)
        killed = await asyncio.to_thread(kill, self._data_dir, mark)
        after = len(arrivals.keys)
        answered_s, back_s = await asyncio.gather(
            _seconds_until(lambda: self._answered(arrivals, after)),
            _seconds_until(lambda: self._has_other(part, known)) if mark.startswith(REPLICA) else _nothing(),
        )
        await asyncio.sleep(QUIET_S)
        return _Span(
            part=part,
            processes=killed,
            answered_s=answered_s,
            back_s=back_s,
            is_node=mark.startswith(REPLICA),
            first=first,
            end=len(arrivals.keys),
        )

    async def _answered(self, arrivals: Arrivals, first: int) -> bool:
        """Whether a form that was sent since then has a reply."""
        keys = [one.key for one in arrivals.received(first) if one.status == 201]
        try:
            async with acquire(self._pool) as connection:
                return await bench_reads.count_answered(connection, keys) > 0
        except DatabaseUnavailableError:
            return False

    async def _has_other(self, node: str, known: frozenset[str]) -> bool:
        return bool(await self._replicas(node) - known)

    async def _replicas(self, node: str) -> frozenset[str]:
        """Return the replicas of a node that have ever reported; none while the database is away."""
        try:
            async with acquire(self._pool) as connection:
                return frozenset(one.replica for one in await node_reports(connection) if one.node == node)
        except DatabaseUnavailableError:
            return frozenset()


async def _seconds_until(condition: Callable[[], Awaitable[object]]) -> float | None:
    """Wait until it is so; return the seconds that took, None after BACK_WITHIN_S."""
    began = time.monotonic()
    while not await condition():
        if time.monotonic() - began > BACK_WITHIN_S:
            return None
        await asyncio.sleep(LOOK_EVERY_S)
    return time.monotonic() - began


async def _nothing() -> None:
    """Stands for what a part that is no node does not report."""
