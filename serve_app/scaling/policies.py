"""The policies of the nodes that scale on work: how many replicas what they report asks for.

Serve's controller calls them four times a second, so they only reckon. What they reckon with is measured by the nodes
in the background (`deployments.runtime.workload`) and reported with each replica's state; where it is missing or old
they ask for what there is. Bounds, delays and steps are Serve's. Serve sends this module by value: it must import
nothing of ours.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

FRESH_S = 45.0
"""Reports come every 10 s, and what they report is up to 20 s old; older than this it says nothing any more."""

Decision: TypeAlias = tuple[float, dict[str, Any]]


class Point(Protocol):
    """A value that a replica reported, and when (seconds since 1970)."""

    timestamp: float
    value: float


class Context(Protocol):
    """What Serve tells a policy (ray.serve.config.AutoscalingContext), as far as it is used here."""

    target_num_replicas: int
    current_time: float

    @property
    def raw_metrics(self) -> Mapping[str, Mapping[Any, Sequence[Point]]]: ...
    @property
    def total_num_requests(self) -> float: ...


def hold(context: Context) -> Decision:
    """Ask for the replicas that there are to be already."""
    return context.target_num_replicas, {}


def reported(context: Context, name: str) -> list[Point]:
    """Return the last value of each replica that has reported one lately, the newest last."""

    def fresh() -> Iterator[Point]:
        for series in (context.raw_metrics or {}).get(name, {}).values():
            if series and context.current_time - series[-1].timestamp <= FRESH_S:
                yield series[-1]

    return sorted(fresh(), key=lambda point: point.timestamp)


class WaitingMessages:
    """For the agent: the runs under way, and time for what waits.

    A replica has `runs_each` runs at a time; what the consumer group has not finished is to be gone in `drain_s`
    seconds, at the time that runs have taken lately.
    """

    def __init__(self, *, runs_each: float, drain_s: float) -> None:
        self._runs_each, self._drain_s = runs_each, drain_s

    def __call__(self, context: Context) -> Decision:
        """Return the replicas asked for."""
        lag, run_s = reported(context, "lag"), reported(context, "run_s")
        if not lag or (lag[-1].value > 0 and not run_s):
            return hold(context)
        mean_s = sum(point.value for point in run_s) / len(run_s) if run_s else 0.0
        backlog = lag[-1].value * mean_s / (self._runs_each * self._drain_s)
        return math.ceil(max(1.0, context.total_num_requests / self._runs_each, backlog)), {}


class ConsumerLag:
    """For ingest: a replica for `records_each` unfinished records, and never more than there are partitions."""

    def __init__(self, *, records_each: float) -> None:
        self._records_each = records_each

    def __call__(self, context: Context) -> Decision:
        """Return the replicas asked for."""
        lag, partitions = reported(context, "lag"), reported(context, "partitions")
        if not lag or not partitions:
            return hold(context)
        return min(math.ceil(max(1.0, lag[-1].value / self._records_each)), int(partitions[-1].value)), {}


class OutboxAge:
    """For delivery: more replicas while the oldest reply that is due waits longer than `target_s`, fewer below half."""

    def __init__(self, *, target_s: float) -> None:
        self._target_s = target_s

    def __call__(self, context: Context) -> Decision:
        """Return the replicas asked for: as many times more as it is late, up to twice; one less when it is early."""
        age = reported(context, "outbox_age_s")
        if not age:
            return hold(context)
        late = age[-1].value / self._target_s
        if late > 1.0:
            return math.ceil(context.target_num_replicas * min(late, 2.0)), {}
        return (max(1, context.target_num_replicas - 1), {}) if late < 0.5 else hold(context)
