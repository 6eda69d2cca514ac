"""`bench scaling`: load in steps on a product that scales, and how many replicas each node had meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from db.measurement import bench_reads
from db.measurement.bench_reads import FormOutcome
from db.operations.health import NodeReport, node_reports
from db.pool import DatabaseUnavailableError, Pool, acquire
from evaluation.benchmarks.load import Sent, send_at_rate, wait_until_finished
from evaluation.client import ProductClient
from evaluation.demo.samples import Sample

ALIVE_S = 12.0
"""A replica reports every five seconds; one that is silent for longer is not counted."""
LOOK_EVERY_S = 1.0
RATES = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Forms a second, step by step."""
STEP_S = 30.0
CLIMB_S = 400.0
"""The last rate is held until every node has gone up, at most so long since the first."""
MOST_LAG = 150
"""While more records wait nothing is sent, so that a slow machine can work off what it got."""
QUIET_S = 15.0
ANSWERED_WITHIN_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was to be seen `at_s` seconds after the start; `lag` None: not known."""

    at_s: float
    rate: float
    lag: int | None
    replicas: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A form that was accepted `at_s` seconds after the start, and how long its answer took."""

    at_s: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """How many replicas a node had before the load, at most, and in the end."""

    low: int
    peak: int
    end: int

    @property
    def went_up_and_down(self) -> bool:
        """Whether it had more under load and has as few as before again."""
        return self.peak > self.low == self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingReport:
    """`refused` were not accepted, `lost` accepted and never answered, `doubled` answered more than once."""

    nodes: dict[str, Range]
    scaled: tuple[str, ...]
    sent: int
    refused: int
    lost: int
    doubled: int
    kills: tuple[str, ...]
    looks: tuple[Look, ...] = field(repr=False)
    answers: tuple[Answer, ...] = field(repr=False)

    @property
    def passed(self) -> bool:
        """Whether each node that scales went up and down, and each accepted form was answered once."""
        return not self.lost and not self.doubled and all(self.nodes[name].went_up_and_down for name in self.scaled)

    def as_json(self) -> dict[str, Any]:
        """Return the report as `--json` writes it."""
        return asdict(self)


class Watcher:
    """Looks at the product once a second: who reports, and the reporting node's lag."""

    def __init__(self, pool: Pool, nodes: Sequence[str]) -> None:
        self._pool, self._nodes = pool, tuple(nodes)
        self._began = time.monotonic()
        self.began_at = datetime.now(UTC)
        self.rate = 0.0
        self.looks: list[Look] = []

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[Watcher]:
        """Look until the block ends."""
        task = asyncio.create_task(self._run())
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @contextmanager
    def at(self, rate: float) -> Iterator[None]:
        """Note the load of the block."""
        self.rate = rate
        yield
        self.rate = 0.0

    @property
    def lag(self) -> int:
        """The lag as of the last look; 0 while it is not known."""
        return (self.looks[-1].lag if self.looks else None) or 0

    def have_grown(self, low: dict[str, int], scaled: Sequence[str]) -> bool:
        """Whether each of these nodes has had more replicas than in the beginning."""
        return all(any(look.replicas[name] > low[name] for look in self.looks) for name in scaled)

    def ranges(self, low: dict[str, int]) -> dict[str, Range]:
        """Return each node's least replicas, given those before the load, most and last."""
        return {
            name: Range(
                low=low[name],
                peak=max(look.replicas[name] for look in self.looks),
                end=self.looks[-1].replicas[name],
            )
            for name in self._nodes
        }

    async def _run(self) -> None:
        while True:
            try:
                async with acquire(self._pool) as connection:
                    reports = [report for report in await node_reports(connection) if report.age < ALIVE_S]
            except DatabaseUnavailableError:
                pass  # a gap in the picture
            else:
                at_s = time.monotonic() - self._began
                self.looks.append(
                    Look(at_s=at_s, rate=self.rate, lag=_lag(reports), replicas=count(reports, self._nodes))
                )
            await asyncio.sleep(LOOK_EVERY_S)


def count(reports: Sequence[NodeReport], nodes: Sequence[str]) -> dict[str, int]:
    """Count each node's replicas."""
    return {name: len({report.replica for report in reports if report.node == name}) for name in nodes}


def _lag(reports: Sequence[NodeReport]) -> int | None:
    return next((report.facts.get("lag") for report in reports if report.node == "reporting"), None)


async def measure(
    client: ProductClient,
    pool: Pool,
    samples: Sequence[Sample],
    *,
    nodes: Sequence[str],
    scaled: Sequence[str],
    settle_s: float,
    disturb: Callable[[], Coroutine[None, None, None]] | None = None,
    kills: list[str] | None = None,
) -> ScalingReport:
    """Raise the load in steps until every node has grown, then wait up to `settle_s` seconds until all are small again.

    `disturb` runs beside the load; what it killed is in `kills`.
    """
    async with Watcher(pool, nodes).watching() as watcher:
        low = await _first_look(watcher)
        disturbing = asyncio.create_task(disturb()) if disturb else None
        await asyncio.sleep(QUIET_S)
        sent = await _climb(client, samples, watcher, low, scaled)
        if disturbing:
            disturbing.cancel()
            await asyncio.gather(disturbing, return_exceptions=True)
        accepted = [one.key for one in sent if one.status == 201]
        await wait_until_finished(pool, accepted, timeout_s=ANSWERED_WITHIN_S)
        await _until_small(watcher, low, scaled, settle_s)
    async with acquire(pool) as connection:
        outcomes = await bench_reads.form_outcomes(connection, accepted)
    return _report(watcher, low, sent, outcomes, scaled, tuple(kills or ()))


async def _first_look(watcher: Watcher) -> dict[str, int]:
    while True:
        if watcher.looks and all(watcher.looks[-1].replicas.values()):
            return dict(watcher.looks[-1].replicas)
        await asyncio.sleep(LOOK_EVERY_S)


async def _climb(
    client: ProductClient, samples: Sequence[Sample], watcher: Watcher, low: dict[str, int], scaled: Sequence[str]
) -> list[Sent]:
    """Send a second's forms at a time, at rates that rise, until every node has grown."""
    sending: list[asyncio.Task[list[Sent]]] = []
    began = time.monotonic()
    while time.monotonic() - began < CLIMB_S and not watcher.have_grown(low, scaled):
        step = int((time.monotonic() - began) / STEP_S)
        rate = RATES[min(step, len(RATES) - 1)] if watcher.lag <= MOST_LAG else 0.0
        with watcher.at(rate):
            if rate:
                sending.append(asyncio.create_task(send_at_rate(client, samples, rate=rate, seconds=1.0)))
            await asyncio.sleep(1.0)
    return [one for batch in await asyncio.gather(*sending) for one in batch]


async def _until_small(watcher: Watcher, low: dict[str, int], scaled: Sequence[str], settle_s: float) -> None:
    deadline = time.monotonic() + settle_s
    while time.monotonic() < deadline:
        if all(watcher.looks[-1].replicas[name] == low[name] for name in scaled):
            return
        await asyncio.sleep(LOOK_EVERY_S)


def _report(
    watcher: Watcher,
    low: dict[str, int],
    sent: Sequence[Sent],
    outcomes: Sequence[FormOutcome],
    scaled: Sequence[str],
    kills: tuple[str, ...],
) -> ScalingReport:
    accepted = sum(one.status == 201 for one in sent)
    answered = sum(outcome.answers > 0 for outcome in outcomes)
    return ScalingReport(
        nodes=watcher.ranges(low),
        scaled=tuple(scaled),
        sent=len(sent),
        refused=len(sent) - accepted,
        lost=accepted - answered,
        doubled=sum(outcome.answers > 1 for outcome in outcomes),
        kills=kills,
        looks=tuple(watcher.looks),
        answers=tuple(
            Answer(
                at_s=(outcome.received_at - watcher.began_at).total_seconds(),
                seconds=(outcome.finished_at - outcome.received_at).total_seconds(),
            )
            for outcome in outcomes
            if outcome.finished_at
        ),
    )
