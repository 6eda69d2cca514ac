"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from serve_app.embedded.base.data_dir import DataDir, default_path
from serve_app.embedded.base.errors import UserError
from serve_app.settings.settings import Settings

DataDirOption = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="D",
        help="Where everything is kept. Default: NIGHTDESK_DATA_DIR, else one that belongs to this checkout.",
        show_default=False,
    ),
]
UrlOption = Annotated[
    str | None, typer.Option("--url", metavar="U", help="Address of the running product, instead of --data-dir.")
]
JsonFileOption = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Write the report to this file as JSON too.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def chosen_data_dir(option: Path | None, settings: Settings) -> DataDir:
    """Return the directory of `--data-dir`, else of NIGHTDESK_DATA_DIR, else the checkout's own.

    Raises UserError for an empty option, which would mean the current directory.
    """
    if option == Path():
        raise UserError("--data-dir is empty: name a directory that is kept for Nightdesk, or leave the option out.")
    return DataDir(option or settings.nightdesk_data_dir or default_path())
