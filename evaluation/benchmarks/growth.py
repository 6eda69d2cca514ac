"""`bench growth`: the product's statements in stores of several sizes, in turns, each held against the smallest."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from db.measurement import growth
from db.measurement.scratch import scratch_database
from db.pool import Pool, create_pool
from evaluation.benchmarks import growth_calls
from evaluation.benchmarks.growth_calls import BARE, SEARCH, Call

SLOWER_THAN_SMALLEST = 2.0
SLOWER_THAN_BARE = 1.2
UNMEASURED = 20
"""Rounds before those that count: they open connections, plan and fill caches."""
STEP = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """Something that grows: how a scratch database is filled with so much of it, and what is done there.

    `fill` returns the seconds that an index took beside the fill, 0 without one.
    """

    name: str
    sizes: Sequence[int]
    fill: Callable[[str, int], Awaitable[float]]
    calls: Callable[[Pool, int], Awaitable[Sequence[Call]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """What it took to make a store of a size, in seconds; `index_s` is part of `seconds`."""

    dimension: str
    size: int
    seconds: float
    index_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a call took at a size, in milliseconds, and how many times as long as at the smallest size and (medians) as
    the bare statement. `bounded` False: for comparison alone."""

    dimension: str
    call: str
    size: int
    p50: float
    p95: float
    p95_of_smallest: float
    of_bare: float | None = None
    bounded: bool = True

    @property
    def passed(self) -> bool:
        """Whether it is within its bounds."""
        slow = self.p95_of_smallest >= SLOWER_THAN_SMALLEST or (self.of_bare or 0.0) > SLOWER_THAN_BARE
        return not (self.bounded and slow)


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthReport:
    """All stores and all calls in them; `rounds` is how often each call was made at each size."""

    rounds: int
    fills: tuple[Fill, ...]
    rows: tuple[Row, ...]

    @property
    def passed(self) -> bool:
        """Whether every call is within its bounds at every size."""
        return all(row.passed for row in self.rows)

    def as_json(self) -> dict[str, Any]:
        """Return the report as `--json` writes it."""
        return {"passed": self.passed, **asdict(self)}


def dimensions(*, history: int, passages: int, tickets: int, vector_size: int) -> list[Dimension]:
    """Return what grows, up to these sizes; 0 leaves one out. `vector_size` is that of the encoder in service."""

    async def with_index(dsn: str, size: int) -> float:
        return await growth.fill_passages(dsn, size, vector_size)

    wanted = (
        (history, 10, "messages of a customer", partial(_filled, growth.fill_history), growth_calls.of_history),
        (
            passages,
            1_000,
            "passages",
            with_index,
            lambda pool, size: growth_calls.of_passages(pool, size, vector_size),
        ),
        (tickets, 1_000, "tickets", partial(_filled, growth.fill_tickets), growth_calls.of_tickets),
    )
    return [
        Dimension(name=name, sizes=sizes(least, most), fill=fill, calls=calls)
        for most, least, name, fill, calls in wanted
        if most
    ]


def sizes(least: int, most: int) -> list[int]:
    """Return the sizes from `least`, ten times more each, to `most`."""
    found = [least]
    while found[-1] < most:
        found.append(min(found[-1] * STEP, most))
    return found


async def measure(
    database_url: str, grown: Sequence[Dimension], *, rounds: int, said: Callable[[str], None]
) -> GrowthReport:
    """Fill scratch databases on this server, one a size, measure in them, and drop them; `said` hears what is done.

    Raises ScratchRefusedError, DatabaseUnavailableError.
    """
    fills: list[Fill] = []
    rows: list[Row] = []
    for dimension in grown:
        async with AsyncExitStack() as stack:
            stores: dict[int, Sequence[Call]] = {}
            for size in dimension.sizes:
                said(f"a store with {size:,} {dimension.name}")
                dsn = await stack.enter_async_context(scratch_database(database_url))
                fills.append(await _fill(dimension, dsn, size))
                pool = await create_pool(dsn, size=2)
                stack.push_async_callback(pool.close)
                stores[size] = await dimension.calls(pool, size)
            said(f"calls in the stores with {dimension.name}")
            rows += _rows(dimension, await _times(stores, rounds))
    return GrowthReport(rounds=rounds, fills=tuple(fills), rows=tuple(rows))


async def _fill(dimension: Dimension, dsn: str, size: int) -> Fill:
    began = time.perf_counter()
    index_s = await dimension.fill(dsn, size)
    return Fill(dimension=dimension.name, size=size, seconds=time.perf_counter() - began, index_s=index_s)


async def _filled(fill: Callable[[str, int], Awaitable[None]], dsn: str, size: int) -> float:
    await fill(dsn, size)
    return 0.0


async def _times(stores: Mapping[int, Sequence[Call]], rounds: int) -> dict[tuple[str, int], list[float]]:
    """Make each call in each store, round by round, so that all sizes see the same machine; return the seconds."""
    times: dict[tuple[str, int], list[float]] = {}
    for n in range(UNMEASURED + rounds):
        for calls in zip(*stores.values(), strict=True):
            for size, call in zip(stores, calls, strict=True):
                for name, seconds in (await call()).items():
                    if n >= UNMEASURED:
                        times.setdefault((name, size), []).append(seconds)
    return times


def _rows(dimension: Dimension, times: Mapping[tuple[str, int], Sequence[float]]) -> list[Row]:
    spans = {key: np.percentile(seconds, [50, 95]) * 1000 for key, seconds in times.items()}
    rows = []
    for name in dict.fromkeys(name for name, _ in times):
        smallest = spans[name, dimension.sizes[0]]
        for size in dimension.sizes:
            p50, p95 = spans[name, size]
            rows.append(
                Row(
                    dimension=dimension.name,
                    call=name,
                    size=size,
                    p50=float(p50),
                    p95=float(p95),
                    p95_of_smallest=float(p95 / smallest[1]),
                    of_bare=float(p50 / spans[BARE, size][0]) if name == SEARCH else None,
                    bounded=name != BARE,
                )
            )
    return rows
