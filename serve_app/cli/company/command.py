"""`nightdesk company check`: what the company's folder lacks, and what in it contradicts itself."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from serve_app.cli.options import JsonOption
from serve_app.settings.company_documents import context_dir
from serve_app.settings.settings import load_settings

app = typer.Typer(help="The company in whose name is answered (CONTEXT_DIR).", no_args_is_help=True)

FolderArgument = Annotated[
    Path | None,
    typer.Argument(metavar="[FOLDER]", help="Instead of CONTEXT_DIR.", exists=True, file_okay=False),
]


@app.callback()
def _company() -> None:
    """Make typer keep `check` a subcommand, as it would not with a single command."""


@app.command()
def check(folder: FolderArgument = None, as_json: JsonOption = False) -> None:
    """Say what company.toml and the documents lack, a line each, and what contradicts; nothing is started.

    Exits 1 when the product would not start with it, or would contradict itself.
    """
    from serve_app.cli.company.checks import findings

    settings = load_settings()
    found = findings(folder or context_dir(settings), settings)
    if as_json:
        print(json.dumps([asdict(finding) for finding in found], indent=2))
    else:
        print("\n".join(f"{finding.kind:<13} {finding.text}" for finding in found) or "nothing is missing")
    if any(finding.kind != "missing" for finding in found):
        raise typer.Exit(1)
