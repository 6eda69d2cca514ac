"""Fetches a ticket's turns for `nightdesk trace` and draws them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from uuid import UUID

from rich.console import Console
from rich.table import Table
from rich.text import Text

from db.operations import events
from db.pool import DatabaseUnavailableError, acquire, create_pool
from db.turns import decisions
from db.turns.decisions import ExplainedTicket
from serve_app.api.staff.decisions import EXPLAINED
from serve_app.cli.staff_call import staff_call
from serve_app.cli.target import Target
from serve_app.cli.trace.waterfall import Span, spans_of
from serve_app.embedded.base.errors import UserError

WIDTH = 44
"""Characters of the longest bar."""
COLOURS = {"agent": "cyan", "analysis": "blue", "identity": "magenta", "delivery": "green"}


def run(target: Target, number: str, json_file: Path | None) -> None:
    """Fetch, write and draw. Raises UserError for an unknown ticket, or when neither product nor database answers."""
    published: Mapping[UUID, datetime] = {}
    if target.data_dir:
        ticket, published = asyncio.run(_from_database(target.database_url, number))
    else:
        ticket = EXPLAINED.validate_python(staff_call(target, "GET", f"/tickets/{number}/decisions"))
    turns = [spans_of(turn, published) for turn in ticket.turns]
    if json_file:
        found = {"ticket": ticket.number, "turns": [[asdict(span) for span in spans] for spans in turns]}
        json_file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    show(ticket, turns, Console(highlight=False))


def show(ticket: ExplainedTicket, turns: list[list[Span]], console: Console) -> None:
    """Draw the turns, each as wide as it took."""
    console.print(Text(f"{ticket.number}  {ticket.subject}".rstrip(), style="bold"))
    for number, (turn, spans) in enumerate(zip(ticket.turns, turns, strict=True), start=1):
        accepted = turn.messages[0].received_at.astimezone()
        when = f"{accepted:%Y-%m-%d %H:%M:%S} by {turn.messages[0].channel}"
        console.print(f"\nTurn {number} of {len(turns)}, accepted {when}")
        console.print(f"trace {turn.messages[-1].inbox_id.hex}", style="dim")
        console.print(_waterfall(spans))
        for span in spans:
            if span.note:
                console.print(f"  {span.name}: {span.note}", style="dim", soft_wrap=True)


def _waterfall(spans: list[Span]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    table.add_column("step", no_wrap=True)
    table.add_column("from", justify="right", no_wrap=True)
    table.add_column("took", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True, width=WIDTH)
    whole_s = max(span.end_s or span.start_s for span in spans) or 1.0
    for span in spans:
        took = "…" if span.end_s is None else _ms(span.end_s - span.start_s)
        table.add_row(span.name, _ms(span.start_s), took, _bar(span, whole_s))
    return table


def _bar(span: Span, whole_s: float) -> Text:
    """Return the span's place in the turn; one that has not ended goes on to the right."""
    end_s = whole_s if span.end_s is None else span.end_s
    before = min(WIDTH - 1, round(span.start_s / whole_s * WIDTH))
    length = max(1, round(end_s / whole_s * WIDTH) - before)
    return Text(" " * before + ("─" if span.end_s is None else "█") * length, style=COLOURS.get(span.name, "dim"))


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"


async def _from_database(url: str, number: str) -> tuple[ExplainedTicket, Mapping[UUID, datetime]]:
    try:
        pool = await create_pool(url, size=1)
        try:
            async with acquire(pool) as connection:
                ticket = await decisions.explain(connection, number)
                if ticket is None:
                    raise UserError(f"there is no ticket {number}.")
                messages = [message.inbox_id for turn in ticket.turns for message in turn.messages]
                return ticket, await events.published_at(connection, messages)
        finally:
            await pool.close()
    except DatabaseUnavailableError as error:
        raise UserError(f"{error}: `nightdesk status` shows what runs.") from error
