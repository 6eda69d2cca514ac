"""`nightdesk trace`: where the time of a ticket's turns went."""

from __future__ import annotations

from serve_app.cli.explain.command import TicketArgument
from serve_app.cli.options import DataDirOption, JsonFileOption, UrlOption
from serve_app.cli.target import find_product


def trace(
    ticket: TicketArgument, data_dir: DataDirOption = None, url: UrlOption = None, json_file: JsonFileOption = None
) -> None:
    """Show each turn of a ticket as a waterfall, from the acceptance of its message to the provider.

    It is read from the store, so it needs no tracing and knows every ticket. With --url the product is asked, which
    does not tell when a message went to Kafka; that is kept for a day. An unknown ticket exits 1.
    """
    from serve_app.cli.trace.view import run

    run(find_product(data_dir, url), ticket.strip().upper(), json_file)
