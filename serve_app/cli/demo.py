"""`nightdesk demo`: the sample tickets through the running product, live."""

from __future__ import annotations

from typing import Annotated

import typer

from serve_app.cli.options import DataDirOption, JsonFileOption
from serve_app.cli.target import find_product

UrlOption = Annotated[
    str | None, typer.Option("--url", metavar="U", help="Address of the running product, instead of --data-dir.")
]


def demo(data_dir: DataDirOption = None, url: UrlOption = None, json_file: JsonFileOption = None) -> None:
    """Play context/sample-tickets.json through the running product and show what became of each ticket.

    Exits 1 when a ticket was lost or answered twice, or when fewer than 95 % ended as labelled.
    """
    from serve_app.cli.demo_view import run

    if not run(find_product(data_dir, url), json_file):
        raise typer.Exit(1)
