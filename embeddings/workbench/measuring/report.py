"""The report of a comparison: a table for the terminal, and a page with plots and the misses side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from rich.table import Table as Shown

from embeddings.workbench.measuring.compare import Comparison, Measured
from embeddings.workbench.measuring.figures import NAMES, Interval
from embeddings.workbench.measuring.page import Plot, Row, Table, page, svg

CHARACTERS = 240
MISSES = 20
"""Shown of what one model finds and the other does not."""


def terminal_table(found: Comparison) -> Shown:
    """Return the figures as a table for the terminal; their intervals are in the page and in the JSON."""
    table = Shown("", *(one.name for one in found.searches), title=f"in service: {found.in_service}")
    names = (*NAMES, "answerable AUC", "p50 ms", "CPU ms", "memory MB", "size MB")
    for name, *cells in zip(names, *(_cells(one) for one in found.searches), strict=True):
        table.add_row(name, *(cell.partition(" ")[0] for cell in cells))
    return table


def sentences(found: Comparison) -> list[str]:
    """Return for each model that is not in service how it differs from that one."""
    return [
        f"{one.name}: recall@1 {gap.value:+.3f} (between {gap.low:+.3f} and {gap.high:+.3f}, p {gap.p:.3f}) "
        f"against {found.in_service}"
        for one in found.candidates
        for gap in (one.against["recall@1"],)
    ]


def html(found: Comparison) -> str:
    """Return the page."""
    data = found.data
    summary = (
        f"{data.name}: {len(data.queries):,} questions, {data.answerable:,} of them with an answer among "
        f"{len(data.passages):,} passages. In service: {found.in_service}."
    )
    columns = ("search", *NAMES, "answerable AUC", "p50 ms", "CPU ms", "memory MB", "size MB")
    tables = [
        Table(
            title="Figures",
            columns=columns,
            rows=tuple(Row(cells=(one.name, *_cells(one))) for one in found.searches),
            note="In brackets: between what a figure would fall in 95 of 100 other draws of as many questions.",
        )
    ]
    tables += [_differences(found, one) for one in found.candidates]
    tables += [_misses(found, one, better=better) for one in found.candidates for better in (False, True)]
    plots = [Plot(svg=svg(_recall(found)), caption="How often an answer is among the first, with its interval")]
    if data.answerable != len(data.queries):
        plots.append(
            Plot(svg=svg(_separation(found)), caption="The best score of answerable and unanswerable questions")
        )
    return page(f"Models on {data.name}", summary, tables, plots)


def _cells(one: Measured) -> tuple[str, ...]:
    taken = one.resources
    return (
        *(_figure(one.figures[name]) for name in NAMES),
        "" if one.separation is None else f"{one.separation:.3f}",
        *(
            [""] * 4
            if taken is None
            else [str(v) for v in (taken.p50_ms, taken.cpu_ms, taken.memory_mb, taken.size_mb)]
        ),
    )


def _figure(found: Interval) -> str:
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def _differences(found: Comparison, one: Measured) -> Table:
    rows = [
        Row(
            cells=(name, f"{gap.value:+.3f}", f"{gap.low:+.3f}", f"{gap.high:+.3f}", f"{gap.p:.3f}"),
            tone="good" if gap.low > 0 else "bad" if gap.high < 0 else "",
        )
        for name, gap in one.against.items()
    ]
    return Table(
        title=f"{one.name} against {found.in_service}",
        columns=("figure", "difference", "at least", "at most", "p"),
        rows=tuple(rows),
        note="The same questions for both. p: how often chance alone would give a difference as large.",
    )


def _misses(found: Comparison, one: Measured, *, better: bool) -> Table:
    differ = [miss for miss in found.misses(one.name) if miss.better is better]
    rows = [
        Row(cells=tuple(_short(text) for text in (miss.query, miss.wanted, miss.in_service, miss.candidate)))
        for miss in differ[:MISSES]
    ]
    finds = one.name if better else found.in_service
    shown = f"The worst {MISSES} of {len(differ)}" if len(differ) > MISSES else f"{len(differ)} questions"
    return Table(
        title=f"{'Won' if better else 'Lost'} with {one.name}: what only {finds} finds first",
        columns=("question", "wanted", f"first by {found.in_service}", f"first by {one.name}"),
        rows=tuple(rows),
        note=f"{shown}, those furthest from the first place before the others." if differ else "No question.",
        texts=True,
        tone="good" if better else "bad",
    )


def _recall(found: Comparison) -> Figure:
    figure = Figure(figsize=(9, 3.2))
    axes = figure.subplots()
    names, width = ("recall@1", "recall@5"), 0.38
    for place, name in enumerate(names):
        intervals = [one.figures[name] for one in found.searches]
        at = np.arange(len(intervals)) + (place - 0.5) * width
        values = np.array([one.value for one in intervals])
        below = np.maximum(values - np.array([one.low for one in intervals]), 0)
        above = np.maximum(np.array([one.high for one in intervals]) - values, 0)
        axes.bar(at, values, width, yerr=[below, above], label=name, capsize=3)
    axes.set_xticks(range(len(found.searches)), [one.name for one in found.searches])
    axes.set_ylim(0, 1.05)
    axes.set_ylabel("share of the questions")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return figure


def _separation(found: Comparison) -> Figure:
    figure = Figure(figsize=(9, 2.6 * len(found.searches)))
    for place, one in enumerate(found.searches, start=1):
        axes = figure.add_subplot(len(found.searches), 1, place)
        parts: Sequence[np.ndarray] = (one.ranked.best[one.ranked.answerable], one.ranked.best[~one.ranked.answerable])
        axes.hist(parts, bins=30, density=True, label=["answerable", "unanswerable"])
        axes.set_title(one.name, fontsize=10)
        axes.set_yticks([])
    figure.axes[0].legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    figure.axes[-1].set_xlabel("best score of a question")
    figure.tight_layout()
    return figure


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= CHARACTERS else f"{line[: CHARACTERS - 1]}…"
