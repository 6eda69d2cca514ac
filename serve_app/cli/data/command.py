"""`nightdesk data`: a team's labelled data, checked before anything is trained or measured with it; the desk's own."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from serve_app.cli.data.corrections import corrections, objection
from serve_app.cli.data.export import export
from serve_app.cli.options import JsonOption

app = typer.Typer(
    help="Labelled data for the workbench: JSONL, CSV or Parquet. docs/workbench.md says what columns it has.",
    no_args_is_help=True,
)
app.command()(export)
app.command()(corrections)
app.command()(objection)

FilesArgument = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="Files of one set.", exists=True, dir_okay=False)
]


@app.command()
def check(files: FilesArgument, as_json: JsonOption = False) -> None:
    """Say what a file holds, and what is wrong with it: by line.

    Exits 1 for lines that can't be used, for a text with two labels, and where a text of the test part stands in the
    training part too, of this file or another, or nearly so.
    """
    from serve_app.cli.workbench_extra import workbench

    with workbench():
        from embeddings.workbench.sets.check import checked, doubts, refuse_leaks_between
        from embeddings.workbench.sets.read import read_data

        read = {str(path): read_data(path) for path in files}
        found = {name: checked(data) for name, data in read.items()}
        refuse_leaks_between(list(read.values()))
    if as_json:
        print(json.dumps({name: asdict(one) for name, one in found.items()}, indent=2, ensure_ascii=False))
        return
    for name, one in found.items():
        print(f"{name}: {one.rows:,} {one.kind}, {one.train:,} to train with, {one.test:,} to measure with")
        print(f"  lengths: median {one.median_length:,} characters, 95 % up to {one.p95_length:,}")
        if one.kind == "labels":
            shown = ", ".join(f"{label} {count:,}" for label, count in list(one.labels.items())[:8])
            print(f"  {len(one.labels):,} labels: {shown}{', …' if len(one.labels) > 8 else ''}")
        else:
            print(f"  {one.passages:,} different answers, {one.unanswerable:,} questions without one")
        for line in doubts(one):
            print(f"  note: {line}")
