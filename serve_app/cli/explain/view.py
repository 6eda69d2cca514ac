"""Fetches a ticket's turns for `nightdesk explain` and prints them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from db.pool import DatabaseUnavailableError, acquire, create_pool
from db.turns import decisions
from db.turns.decisions import DecisionRecord, ExplainedTicket, ExplainedTurn, ReceivedMessage, SentMessage
from deployments.rules.escalation import NEGATIVE_BELOW
from serve_app.api.staff.decisions import EXPLAINED
from serve_app.cli.staff_call import staff_call
from serve_app.cli.target import Target
from serve_app.embedded.base.errors import UserError

_THRESHOLD = ".threshold"
_STAGES = ("identity", "analysis", "agent")
_SHOWN_CHARACTERS = 160
_WITHOUT_RECORD = {
    "waiting": "not decided yet: the message waits for its turn",
    "ignored": "nobody answers such a message (automatic mail, reaction): no turn, no record",
}


def run(target: Target, number: str, json_file: Path | None) -> None:
    """Fetch, write and print. Raises UserError for an unknown ticket, or when neither product nor database answers."""
    if target.data_dir:
        ticket = asyncio.run(_from_database(target.database_url, number))
    else:
        ticket = EXPLAINED.validate_python(staff_call(target, "GET", f"/tickets/{number}/decisions"))
    if json_file:
        json_file.write_bytes(EXPLAINED.dump_json(ticket, indent=1))
    show(ticket, Console(highlight=False))


def show(ticket: ExplainedTicket, console: Console) -> None:
    """Print the ticket, its turns, and what people and the system did."""
    for line in (*_head(ticket), *_turns(ticket), *_others(ticket)):
        console.print(line)


async def _from_database(url: str, number: str) -> ExplainedTicket:
    try:
        pool = await create_pool(url, size=1)
        try:
            async with acquire(pool) as connection:
                ticket = await decisions.explain(connection, number)
        finally:
            await pool.close()
    except DatabaseUnavailableError as error:
        raise UserError(f"{error}: `nightdesk status` shows what runs.") from error
    if ticket is None:
        raise UserError(f"there is no ticket {number}.")
    return ticket


def _head(ticket: ExplainedTicket) -> Iterator[Text]:
    yield Text(f"{ticket.number}  {ticket.subject}".rstrip(), style="bold")
    yield _row(
        "ticket",
        f"{ticket.status}, {ticket.category}, priority {ticket.priority}, by {ticket.source_channel} "
        f"on {ticket.created_at.astimezone():%Y-%m-%d %H:%M:%S}",
    )
    proof = "verified by the channel" if ticket.sender_verified else "not verified"
    yield _row("sender", f"{ticket.sender} ({proof})")
    owner = "a person" if ticket.owner == "staff" else "the agent"
    yield _row("owner", f"{owner} (conversation {ticket.conversation_status})")
    if ticket.escalation_reason:
        yield _row("hand-over", f"{ticket.escalation_reason}, severity {ticket.severity}, queue {ticket.queue}", "red")
        yield _row("summary", ticket.summary or "(none)")


def _turns(ticket: ExplainedTicket) -> Iterator[Text]:
    for number, turn in enumerate(ticket.turns, start=1):
        yield Text()
        yield Text(f"Turn {number} of {len(ticket.turns)}", style="bold cyan")
        for message in turn.messages:
            yield from _received(message)
        yield from _record(turn.record) if turn.record else _no_record(turn)
        yield from _sent(turn.reply, "left") if turn.reply else [_row("left", "nothing")]


def _others(ticket: ExplainedTicket) -> Iterator[Text]:
    if ticket.others or ticket.actions:
        yield Text()
        yield Text("People and the system", style="bold cyan")
    for done in ticket.actions:
        yield _row(done.action, f"{done.created_at.astimezone():%Y-%m-%d %H:%M:%S} by {done.actor}")
    for message in ticket.others:
        yield from _sent(message, message.author)


def _received(message: ReceivedMessage) -> Iterator[Text]:
    yield _row("came in", f"{message.received_at.astimezone():%Y-%m-%d %H:%M:%S} by {message.channel}, {message.state}")
    if message.attempts:
        yield _row("", f"{message.attempts} failed attempt(s) before", "yellow")
    yield _row("", _quoted(message.text), "dim")


def _no_record(turn: ExplainedTurn) -> Iterator[Text]:
    state = turn.messages[-1].state
    yield _row(
        "decision", _WITHOUT_RECORD.get(state, f"no record is stored, although the message is {state}"), "yellow"
    )


def _record(record: DecisionRecord) -> Iterator[Text]:
    because = f", reason {record.reason}" if record.reason else ""
    yield _row("decision", f"{record.outcome} by rule {record.rule}{because}", "red" if record.reason else "green")
    for name in sorted(name for name in record.scores if not name.endswith(_THRESHOLD)):
        yield _row("score", _score(name, record.scores))
    for found in record.passages:
        yield _row("passage", f"{found.score:.3f}  {found.slug}  {found.title}")
    if not record.passages:
        yield _row("passage", "none was searched for or found")
    for n, call in enumerate(record.tool_calls, start=1):
        outcome = "ok" if call.ok else "refused or failed"
        yield _row(f"call {n}", f"{call.name} {outcome}, {call.duration_ms:.1f} ms")
        if call.arguments:
            yield _row("", _quoted(json.dumps(call.arguments, ensure_ascii=False)))
        if call.result:
            yield _row("", _quoted(call.result), "dim")
    yield _row("model", _model(record))
    # As a turn runs through them: the database keeps no order.
    known = {stage: place for place, stage in enumerate(_STAGES)}
    in_order = sorted(record.stages_ms, key=lambda stage: (known.get(stage, len(known)), stage))
    stages = ", ".join(f"{stage} {record.stages_ms[stage]:.0f} ms" for stage in in_order)
    yield _row("took", f"{record.latency_ms:.0f} ms from acceptance to the reply" + (f" ({stages})" if stages else ""))
    if record.quiet_ms:
        yield _row("", f"of these, {record.quiet_ms:.0f} ms in which the customer might go on typing")


def _score(name: str, scores: dict[str, float]) -> str:
    """A score with the threshold that it was compared with: its own, else that of its kind."""
    kind = name.partition(".")[0]
    threshold = scores.get(name + _THRESHOLD, scores.get(kind + _THRESHOLD))
    if name == "sentiment":
        return f"{name} {scores[name]:.3f}, escalates below {NEGATIVE_BELOW if threshold is None else threshold:g}"
    shown = f"{name} {scores[name]:.3f}"
    if threshold is None:
        return shown
    return f"{shown}, threshold {threshold:.3f}: {'reached' if scores[name] >= threshold else 'not reached'}"


def _model(record: DecisionRecord) -> str:
    if record.model == "none":
        return "none was asked: a rule decided"
    version = f", prompt {record.prompt_version}" if record.prompt_version else ""
    tokens = ", ".join(f"{name} {count}" for name, count in record.usage.items() if count)
    return f"{record.model}{version}, {record.model_ms:.0f} ms" + (f", {tokens}" if tokens else "")


def _sent(message: SentMessage, label: str) -> Iterator[Text]:
    yield _row(label, f"{message.created_at.astimezone():%Y-%m-%d %H:%M:%S} by {message.channel}, {_delivery(message)}")
    if message.last_error:
        yield _row("", message.last_error, "yellow")
    if message.sources:
        yield _row("", f"rests on {', '.join(message.sources)}")
    yield _row("", message.text, "dim")


def _delivery(message: SentMessage) -> str:
    if message.state is None:
        return message.delivery_status or "not sent by us"
    to = f" to {message.recipient}" if message.recipient else ""
    status = (
        f" ({message.delivery_status})" if message.delivery_status and message.delivery_status != message.state else ""
    )
    sent = f" at {message.sent_at.astimezone():%H:%M:%S}" if message.sent_at else ""
    parts = f", {message.parts_sent} of {message.parts} parts" if message.parts else ""
    tries = f"attempt {message.attempts}" if message.attempts else "not tried yet"
    return f"{message.state}{status}{to}{sent}, {tries}{parts}"


def _quoted(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN_CHARACTERS else f"{flat[: _SHOWN_CHARACTERS - 1]}…"


def _row(label: str, text: str, style: str = "") -> Text:
    """A labelled line; what follows a line break keeps the indent. Never markup: customers write brackets too."""
    indented = text.replace("\n", "\n" + " " * 12)
    return Text.assemble((f"  {label:<10}", "bold" if label else ""), (indented, style))
