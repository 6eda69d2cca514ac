"""Runs `nightdesk bench quality` and prints its scorecard."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from embeddings.encoder import Encoder
from evaluation.quality import scorecard
from evaluation.quality.report import Figure, Group, Scorecard
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.parts.postgres import EmbeddedPostgres
from serve_app.settings.settings import load_settings

WIDTH = 100
MISSES_SHOWN = 12
"""In each group, without --all-misses; the JSON file has all."""
_OK = {True: ("yes", "green"), False: ("no", "yellow"), None: ("", "")}
_BROKEN = ("BROKEN", "bold red")


def run(json_file: Path | None, *, people: int, all_misses: bool) -> bool:
    """Measure, print, and write the JSON file; return whether every blocking figure holds."""
    console = wide_console()
    card = _measure(console, people)
    show(console, card, all_misses=all_misses)
    if json_file:
        json_file.write_text(json.dumps(card.as_json(), indent=1) + "\n", encoding="utf-8")
    return card.passed


def wide_console() -> Console:
    """Return a console that a scorecard fits on, where it is not a terminal's."""
    return Console() if Console().is_terminal else Console(width=WIDTH)


def _measure(console: Console, people: int) -> Scorecard:
    parts = scorecard.parts(Encoder(), database, people)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=len(parts))
        done = iter(range(len(parts)))
        return scorecard.measure(parts, lambda name: bar.update(task, description=name, completed=next(done)))


@contextmanager
def database() -> Iterator[str]:
    """The URL of DATABASE_URL's server, else of an embedded one in a temporary directory."""
    if url := load_settings().database_url:
        yield url
        return
    path = Path(tempfile.mkdtemp(prefix="nightdesk-quality-"))
    try:
        data_dir = DataDir(path)
        data_dir.prepare()
        server = EmbeddedPostgres(data_dir)
        try:
            server.start()
            yield server.dsn()
        finally:
            server.stop()
    finally:
        shutil.rmtree(path, ignore_errors=True)


def show(console: Console, card: Scorecard, *, all_misses: bool = False) -> None:
    """Print the figures of a scorecard, and the misses of each group."""
    console.print(_table(card))
    for group in card.groups:
        _show_misses(console, group, None if all_misses else MISSES_SHOWN)
    if card.broken:
        console.print(f"Broken: {'; '.join(card.broken)}", style="bold red", soft_wrap=True)


def _table(card: Scorecard) -> Table:
    table = Table(box=SIMPLE, pad_edge=False, padding=(0, 1))
    table.add_column("measure", ratio=1)
    for heading in ("of", "measured", "bound"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("ok", no_wrap=True)
    table.add_column("simpler ways", no_wrap=True)
    for group in card.groups:
        table.add_section()
        table.add_row(Text(group.name, style="bold", no_wrap=True))
        for figure in group.figures:
            table.add_row(*_row(figure))
    return table


def _row(figure: Figure) -> tuple[str | Text, ...]:
    text, style = _BROKEN if figure.blocking and figure.ok is False else _OK[figure.ok]
    beside = ", ".join(f"{name} {figure.shown(value, 0)}" for name, value in figure.beside.items())
    return (
        f"  {figure.name}",
        str(figure.of),
        figure.shown(figure.measured),
        figure.bound,
        Text(text, style=style),
        beside,
    )


def _show_misses(console: Console, group: Group, most: int | None) -> None:
    if group.note:
        console.print(group.note, style="dim", soft_wrap=True)
    if not group.misses:
        return
    console.print(f"\n{group.name}: {len(group.misses)} misses", style="bold", soft_wrap=True)
    for miss in group.misses[:most]:
        console.print(f"  {miss}", markup=False, highlight=False, soft_wrap=True)
    if most is not None and len(group.misses) > most:
        console.print(f"  and {len(group.misses) - most} more (--all-misses, or the JSON file)", style="dim")
