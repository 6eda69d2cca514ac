"""What `nightdesk up` prints."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from serve_app.embedded.base.processes import ProcessRecord
from serve_app.embedded.base.run_file import PartStatus, RunFile
from serve_app.embedded.supervision.progress import Display

WAITING = PartStatus(name="graph", state="waiting", since="now", detail="for ray and the database")
NOBODY = ProcessRecord(name="supervisor", pid=1, identity="x")


def _run(*parts: PartStatus, ready: bool = False) -> RunFile:
    return RunFile(supervisor=NOBODY, data_dir="/d", started_at="now", url="u", parts=parts, ready=ready)


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


def test_without_a_terminal_each_change_is_a_line(output: io.StringIO) -> None:
    with Display(Console(file=output, force_terminal=False)) as display:
        for part in (WAITING, WAITING, replace(WAITING, state="starting", detail="")):
            display.changed(_run(part))
        display.changed(_run(replace(WAITING, state="up", detail="")))
        display.note("topics created: [a]")
    lines = [re.sub(r"^ *[\d.]+ s  ", "", line) for line in output.getvalue().splitlines()]
    assert lines[:2] == ["the product: waiting for ray and the database", "the product: starting"]
    assert re.fullmatch(r"the product: up after [\d.]+ s", lines[2])
    assert lines[3] == "topics created: [a]"


def test_on_a_terminal_the_table_shows_what_each_part_waits_for(output: io.StringIO) -> None:
    with Display(Console(file=output, force_terminal=True, width=120, highlight=False)) as display:
        display.changed(_run(WAITING))
    assert "the product" in output.getvalue()
    assert "for ray and the database" in output.getvalue()


def test_ready_is_printed_once(output: io.StringIO) -> None:
    printed: list[RunFile] = []
    display = Display(Console(file=output), on_ready=lambda run, seconds: printed.append(run))
    up = replace(WAITING, state="up", detail="")
    display.changed(_run(up))
    assert not printed
    for _ in range(2):
        display.changed(_run(up, ready=True))
    assert len(printed) == 1
