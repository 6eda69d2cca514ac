"""`nightdesk demo`: send the sample tickets through the running product."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from serve_app.cli.options import DataDirOption, JsonFileOption, UrlOption
from serve_app.cli.target import Target, find_product
from serve_app.embedded.base import run_file
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.errors import UserError

ChannelsOption = Annotated[
    str | None,
    typer.Option("--channels", metavar="U", help="With --url: the page of the stand-ins' console; needs DATABASE_URL."),
]


def demo(
    data_dir: DataDirOption = None,
    url: UrlOption = None,
    channels: ChannelsOption = None,
    json_file: JsonFileOption = None,
) -> None:
    """Play context/sample-tickets.json through the running product and show what became of each ticket.

    Each ticket takes its own channel where stand-ins run (`nightdesk up --demo-channels`, or --channels); elsewhere all
    take the web form.
    Exits 1 when a ticket was lost or answered twice, or when fewer than 95 % ended as labelled.
    """
    from serve_app.cli.demo.view import run

    target = find_product(data_dir, url)
    if not run(target, _stand_ins_url(target, channels), json_file):
        raise typer.Exit(1)


def _stand_ins_url(target: Target, given: str | None) -> str:
    if target.data_dir:
        return run_file.load(DataDir(Path(target.data_dir))).demo_channels_url
    if given and not target.database_url:
        raise UserError("--channels needs DATABASE_URL: replies are looked up in the product's database.")
    return (given or "").rstrip("/")
