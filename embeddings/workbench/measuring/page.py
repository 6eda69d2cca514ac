"""One HTML file with tables and plots in it: a browser opens it without a network."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from jinja2 import Environment, StrictUndefined
from matplotlib.figure import Figure

TEMPLATE = Path(__file__).with_name("report.html")
mpl.rcParams["svg.hashsalt"] = "nightdesk"  # the same file from the same figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of cells; `tone`: good, bad or none."""

    cells: tuple[str, ...]
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; one of `texts` has columns of even width instead of numbers. `tone`: of all its rows, as a row's."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str = ""
    texts: bool = False
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """An SVG of our own making."""

    svg: str
    caption: str


def svg(figure: Figure) -> str:
    """Return a figure as an `<svg>` element."""
    written = io.StringIO()
    figure.savefig(written, format="svg", bbox_inches="tight", metadata={"Date": None})
    text = written.getvalue()
    return text[text.index("<svg") :]


def page(title: str, summary: str, tables: Sequence[Table], plots: Sequence[Plot]) -> str:
    """Return the file's text, the plots behind the first table; whatever stands in a cell is never read as HTML."""
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(title=title, summary=summary, tables=tables, plots=plots)
