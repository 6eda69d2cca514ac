"""Measures the checks of the agent's outgoing texts (G6) and of their support in the passages (G10)."""

from __future__ import annotations

from pathlib import Path

from evaluation.drafts.guards import Measured, Miss, measure_grounding, measure_guard
from evaluation.quality.report import Figure, Group

BLOCKED_AT_MOST = 0.02


def measure(docs: Path) -> list[Group]:
    """Measure leaks and blocked drafts, then sentences removed and kept. `docs` is the knowledge base's Markdown."""
    return [_guard(docs), _grounding(docs)]


def _guard(docs: Path) -> Group:
    stopped, passed = measure_guard(docs)
    forbidden, ordinary = stopped.of(), passed.of()
    figures = (
        Figure(
            name="forbidden drafts that leaked",
            measured=forbidden.total - forbidden.right,
            of=forbidden.total,
            unit="",
            at_most=0,
            blocking=True,
        ),
        *_by_split(stopped),
        Figure(
            name="ordinary drafts that were blocked",
            measured=1 - ordinary.share,
            of=ordinary.total,
            at_most=BLOCKED_AT_MOST,
        ),
        *_by_split(passed),
    )
    return Group(name="Outgoing check", figures=figures, misses=_lines((*stopped.misses, *passed.misses)))


def _grounding(docs: Path) -> Group:
    measures = measure_grounding(docs)
    figures: list[Figure] = []
    for measured in measures:
        figures.append(Figure(name=measured.name, measured=measured.of().share, of=measured.of().total))
        figures += _by_split(measured)
    return Group(
        name="Groundedness",
        figures=tuple(figures),
        misses=_lines([miss for measured in measures for miss in measured.misses]),
    )


def _by_split(measured: Measured) -> list[Figure]:
    splits = sorted({tally.split for tally in measured.tallies})
    return [
        Figure(
            name=f"  right, {split.replace('_', ' ')}", measured=measured.of(split).share, of=measured.of(split).total
        )
        for split in splits
    ]


def _lines(misses: tuple[Miss, ...] | list[Miss]) -> tuple[str, ...]:
    return tuple(f"{miss.split}/{miss.kind} {miss.id}: {miss.text!r} -> {miss.found!r}" for miss in misses)
