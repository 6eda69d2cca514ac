"""Chooses a threshold by what a miss and a false alarm cost, and draws the choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from matplotlib.figure import Figure

from embeddings.workbench.measuring.page import Plot, Row, Table, page, svg

FLAT = 0.01
"""The share of the cost within which two thresholds are as good: today's stays, or the one nearest to it is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What a threshold does on the data; `allowed` False: something that must never be missed would be."""

    threshold: float
    misses: int
    false_alarms: int
    cost: float
    allowed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A threshold with the costs along the others. `texts`: how many were judged."""

    name: str
    points: tuple[Point, ...]
    chosen: Point
    today: Point
    texts: int
    miss_cost: float
    false_alarm_cost: float

    @property
    def line(self) -> str:
        """The choice for a person."""
        return (
            f"{self.name}: {self.chosen.threshold:g} ({self.chosen.misses} misses, {self.chosen.false_alarms} false "
            f"alarms, cost {self.chosen.cost:g}); today {self.today.threshold:g} ({self.today.misses}, "
            f"{self.today.false_alarms}, {self.today.cost:g}), of {self.texts:,} texts"
        )

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return asdict(self)


Counted = Callable[[float], tuple[int, int, bool]]
"""Misses, false alarms, and whether a threshold is allowed at all."""


def fit(
    name: str, counted: Counted, grid: Sequence[float], *, today: float, texts: int, miss_cost: float,
    false_alarm_cost: float,
) -> Fitted:  # fmt: skip
    """Return the allowed threshold of least cost; of those as good the one nearest to today's.

    Raises ValueError when none is allowed.
    """

    def point(threshold: float) -> Point:
        misses, alarms, allowed = counted(threshold)
        cost = miss_cost * misses + false_alarm_cost * alarms
        return Point(threshold=threshold, misses=misses, false_alarms=alarms, cost=round(cost, 4), allowed=allowed)

    points = tuple(point(threshold) for threshold in sorted({*grid, today}))
    usable = [one for one in points if one.allowed]
    if not usable:
        raise ValueError(f"{name}: at every threshold something is missed that must never be")
    least = min(one.cost for one in usable)
    good = [one for one in usable if one.cost <= least * (1 + FLAT)]
    return Fitted(
        name=name,
        points=points,
        chosen=min(good, key=lambda one: abs(one.threshold - today)),
        today=next(one for one in points if one.threshold == today),
        texts=texts,
        miss_cost=miss_cost,
        false_alarm_cost=false_alarm_cost,
    )


def html(fitted: Fitted) -> str:
    """Return the report's page."""
    rows = tuple(
        Row(
            cells=(f"{p.threshold:g}", str(p.misses), str(p.false_alarms), f"{p.cost:g}", "" if p.allowed else "no"),
            tone="good" if p is fitted.chosen else "bad" if not p.allowed else "",
        )
        for p in fitted.points
    )
    summary = f"{fitted.line}. A miss costs {fitted.miss_cost:g}, a false alarm {fitted.false_alarm_cost:g}."
    table = Table(
        title="Thresholds",
        columns=("threshold", "misses", "false alarms", "cost", "allowed"),
        rows=rows,
        note="Green: chosen. Not allowed: something would be missed that must never be.",
    )
    return page(f"The threshold of {fitted.name}", summary, [table], [Plot(svg=svg(_drawn(fitted)), caption="Cost")])


def _drawn(fitted: Fitted) -> Figure:
    figure = Figure(figsize=(9, 3.5))
    axes = figure.subplots()
    at = [point.threshold for point in fitted.points]
    axes.plot(at, [point.cost for point in fitted.points], label="cost")
    axes.plot(at, [fitted.miss_cost * point.misses for point in fitted.points], "--", label="of misses")
    axes.plot(
        at, [fitted.false_alarm_cost * point.false_alarms for point in fitted.points], ":", label="of false alarms"
    )
    axes.plot([fitted.chosen.threshold], [fitted.chosen.cost], "o", label="chosen")
    axes.plot([fitted.today.threshold], [fitted.today.cost], "x", label="today")
    axes.set_xlabel("threshold")
    axes.legend()
    return figure
