"""The records of a quality report: figures with bounds and baselines, and the misses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A measured share in [0, 1] of `of` cases, or a count with `unit` "".

    `at_least` or `at_most` is the bound; without one the figure is for information. Only a `blocking` figure out of
    bounds fails the report. `beside` holds the same figure of baselines by name.
    """

    name: str
    measured: float
    of: int
    unit: str = "%"
    at_least: float | None = None
    at_most: float | None = None
    blocking: bool = False
    beside: Mapping[str, float] = field(default_factory=dict)

    @property
    def ok(self) -> bool | None:
        """Whether the figure is within its bound; None without a bound or without cases."""
        if not self.of or (self.at_least is None and self.at_most is None):
            return None
        return (self.at_least is None or self.measured >= self.at_least) and (
            self.at_most is None or self.measured <= self.at_most
        )

    @property
    def bound(self) -> str:
        """The bound as it is printed, empty without one."""
        if self.at_least is not None:
            return f"≥ {self.shown(self.at_least)}"
        return f"≤ {self.shown(self.at_most)}" if self.at_most is not None else ""

    def shown(self, value: float, digits: int = 1) -> str:
        """Return a value of this figure as it is printed."""
        return f"{value:.{digits}%}" if self.unit == "%" else f"{value:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The figures of one part of the product. `misses` has a line for each wrong case."""

    name: str
    figures: tuple[Figure, ...]
    misses: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """The whole report: all groups, in the order they were measured."""

    groups: tuple[Group, ...]

    @property
    def broken(self) -> tuple[str, ...]:
        """The blocking figures out of bounds, as "group: figure"."""
        return tuple(
            f"{group.name}: {figure.name}"
            for group in self.groups
            for figure in group.figures
            if figure.blocking and figure.ok is False
        )

    @property
    def passed(self) -> bool:
        """Whether no blocking figure is out of bounds."""
        return not self.broken

    def as_json(self) -> dict[str, Any]:
        """Return groups with their figures, each with `bound` and `ok`; and what is broken."""
        groups = [
            asdict(group)
            | {
                "figures": [
                    asdict(figure) | {"beside": dict(figure.beside), "bound": figure.bound, "ok": figure.ok}
                    for figure in group.figures
                ]
            }
            for group in self.groups
        ]
        return {"passed": self.passed, "broken": list(self.broken), "groups": groups}
