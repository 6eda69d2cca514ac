"""`nightdesk explain`: the turns of a ticket with their decision records."""

from __future__ import annotations

from typing import Annotated

import typer

from serve_app.cli.options import DataDirOption, JsonFileOption, UrlOption
from serve_app.cli.target import find_product

TicketArgument = Annotated[str, typer.Argument(metavar="TICKET", help="Its number, such as TKT-0042.")]


def explain(
    ticket: TicketArgument, data_dir: DataDirOption = None, url: UrlOption = None, json_file: JsonFileOption = None
) -> None:
    """Show each turn of a ticket: what came in, what decided and why, what left and what became of it.

    With --data-dir the database is read, so it also works while the product itself does not answer; with --url the
    product is asked. An unknown ticket exits 1.
    """
    from serve_app.cli.explain.view import run

    run(find_product(data_dir, url), ticket.strip().upper(), json_file)
