"""`nightdesk thresholds apply`, `list` and `undo`: recorded changes of the running product."""

from __future__ import annotations

import getpass
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from serve_app.cli.options import DataDirOption, JsonOption

ByOption = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who changes it; else the user of this shell.")
]
NoteOption = Annotated[str, typer.Option("--note", help="Why.")]


def apply(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `fit --toml` wrote.", exists=True, dir_okay=False)],
    by: ByOption = None,
    note: NoteOption = "",
    data_dir: DataDirOption = None,
) -> None:
    """Put thresholds in force in the running product, within seconds, and write down who did, when, from what to what.

    The file has some of ESCALATION_THRESHOLDS, RELEVANCE_THRESHOLD, MOOD_THRESHOLD, CATEGORY_THRESHOLD. They go before
    the settings. Exits 1, and changes nothing, where a direct request that ships with the product would be missed.
    """
    from serve_app.cli.thresholds.changes import applied, lines_of

    for line in lines_of(applied(data_dir, file, who=by or getpass.getuser(), note=note or file.name)):
        print(line)


def undo(by: ByOption = None, data_dir: DataDirOption = None) -> None:
    """Take the last change back that was not undone yet; again, the one before it.

    Exits 1, and changes nothing, where a direct request that ships with the product would be missed.
    """
    from serve_app.cli.thresholds.changes import THRESHOLDS, lines_of, undone

    for line in lines_of([undone(data_dir, THRESHOLDS, who=by or getpass.getuser())]):
        print(line)


def list_changes(as_json: JsonOption = False, data_dir: DataDirOption = None) -> None:
    """List every change of a threshold, the newest first."""
    from serve_app.cli.thresholds.changes import THRESHOLDS, lines_of, listed

    found = listed(data_dir, THRESHOLDS)
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=1, default=str))
        return
    for line in lines_of(found) or ["no threshold was changed: those of the settings and of the release are in force"]:
        print(line)
