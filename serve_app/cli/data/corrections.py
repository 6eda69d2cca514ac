"""`nightdesk data corrections` and `objection`: the staff's corrections as labels to train with; who is left out."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from serve_app.cli.in_store import in_store
from serve_app.cli.options import DataDirOption
from serve_app.embedded.base.errors import UserError

OutOption = Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write the lines (JSONL).")]
DaysOption = Annotated[int, typer.Option("--days", min=1, max=3650, help="How far to look back.")]
WhoArgument = Annotated[str, typer.Argument(metavar="WHO", help="An e-mail address, or a number with +.")]
WithdrawOption = Annotated[bool, typer.Option("--withdraw", help="Take the objection back.")]


def corrections(out: OutOption, days: DaysOption = 365, data_dir: DataDirOption = None) -> None:
    """Write what the staff corrected in category and priority, a line a ticket, without personal data.

    Only with LEARN_FROM_CUSTOMERS=true, and nothing of customers who object (docs/privacy.md). Train with it:
    python -m embeddings.workbench.ticket_labels train --corrections FILE
    """
    from deployments.staff.corrections import labelled_lines
    from serve_app.cli.target import find_database, settings_of

    if not settings_of(find_database(data_dir)).learn_from_customers:
        raise UserError("LEARN_FROM_CUSTOMERS is not true: customers' words are not used for training.")
    since = datetime.now(UTC) - timedelta(days=days)
    lines = in_store(find_database(data_dir).database_url, lambda connection: labelled_lines(connection, since))
    written = [json.dumps(asdict(line), ensure_ascii=False, default=str) for line in lines]
    out.write_text("".join(f"{line}\n" for line in written), encoding="utf-8")
    print(f"{len(written)} corrected tickets are in {out}")


def objection(who: WhoArgument, withdraw: WithdrawOption = False, data_dir: DataDirOption = None) -> None:
    """Note that a customer wants nothing of theirs learned from: it is in no later export."""
    from deployments.staff.corrections import object_to_training
    from ingest.identifiers import InvalidIdentifierError
    from serve_app.cli.target import find_database

    try:
        found = in_store(
            find_database(data_dir).database_url,
            lambda connection: object_to_training(connection, who, objects=not withdraw),
        )
    except InvalidIdentifierError as error:
        raise UserError(f"{who}: {error}") from None
    if not found:
        raise UserError(f"no customer is known by {who}.")
    print("they may be learned from again" if withdraw else "nothing of theirs is learned from")
