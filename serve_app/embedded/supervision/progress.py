"""Shows the progress of a start: a live table on a terminal, elsewhere a line for each change."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table

from serve_app.embedded.base.run_file import PartStatus, RunFile

TITLES = {
    "postgres": "PostgreSQL",
    "kafka": "Apache Kafka",
    "ray": "Ray",
    "channels": "demo channels",
    "graph": "the product",
}
MARKS = {"up": "[green]✓[/]", "failed": "[red]✗[/]", "down": "[dim]·[/]", "waiting": "[dim]·[/]"}
REFRESH_PER_SECOND = 8


class Display:
    """A Listener that prints changes. As a context manager it draws the table on a terminal until the product is ready.

    `on_ready` is called once, after the table, with the run file and the seconds since the display was made.
    """

    def __init__(
        self, console: Console | None = None, *, on_ready: Callable[[RunFile, float], None] = lambda run, seconds: None
    ) -> None:
        self._console = console or Console(highlight=False)
        self._on_ready = on_ready
        self._announced = False
        self._began = time.monotonic()
        self._parts: dict[str, PartStatus] = {}
        self._since: dict[str, float] = {}
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live = Live(get_renderable=self._table, console=self._console, refresh_per_second=REFRESH_PER_SECOND)
            self._live.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._close_table()

    @property
    def elapsed(self) -> float:
        """Seconds since this display was made."""
        return time.monotonic() - self._began

    def changed(self, run: RunFile) -> None:
        """Show the parts whose state or detail has changed, and the first time that the product is ready."""
        for part in run.parts:
            before = self._parts.get(part.name)
            if before is None or (before.state, before.detail) != (part.state, part.detail):
                self._show(part, before)
        if run.ready and not self._announced:
            self._announced = True
            self._close_table()
            self._on_ready(run, self.elapsed)

    def note(self, text: str) -> None:
        """Print a line with the elapsed time."""
        self._console.print(escape(f"{self.elapsed:6.1f} s  {text}"), soft_wrap=True)

    def _show(self, part: PartStatus, before: PartStatus | None) -> None:
        took = time.monotonic() - self._since.get(part.name, self._began)
        if before is None or before.state != part.state:
            self._since[part.name] = time.monotonic()
        self._parts[part.name] = part
        if self._live is None and (part.state, part.detail) != ("waiting", ""):
            after = f" after {took:.1f} s" if part.state == "up" and before else ""
            self.note(f"{_title(part)}: {part.state}{after} {part.detail}".rstrip())

    def _close_table(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for part in self._parts.values():
            mark = MARKS.get(part.state) or Spinner("dots")
            seconds = time.monotonic() - self._since[part.name]
            timing = "" if part.state in MARKS else f"{seconds:.0f} s"
            table.add_row(mark, _title(part), part.state, timing, f"[dim]{escape(part.detail)}[/]")
        table.add_row("", "", "", f"{self.elapsed:.0f} s", "")
        return table


def _title(part: PartStatus) -> str:
    return TITLES.get(part.name, part.name)
