"""`nightdesk replay`: decide stored turns again with other settings and show the differences."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from serve_app.cli.options import DataDirOption, JsonFileOption
from serve_app.cli.target import find_database, settings_of
from serve_app.embedded.base.errors import UserError

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}

SinceOption = Annotated[
    str, typer.Option("--since", metavar="T", help="From when on: 24h, 7d, or a time such as 2026-11-20T08:00.")
]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="T", help="Up to when; now unless given.")]
LimitOption = Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many turns at most, oldest first.")]
WithOption = Annotated[
    Path,
    typer.Option(
        "--with",
        metavar="FILE",
        help="TOML with what to try: OPENAI_…, ESCALATION_THRESHOLDS, RELEVANCE_THRESHOLD, ASK_FROM, "
        "MOOD_THRESHOLD, CATEGORY_THRESHOLD, PROMPT, PRODUCT_DOCS.",
        show_default=False,
    ),
]


def replay(
    since: SinceOption,
    tried: WithOption,
    until: UntilOption = None,
    limit: LimitOption = 1000,
    data_dir: DataDirOption = None,
    json_file: JsonFileOption = None,
) -> None:
    """Run stored turns against other settings and show what would be decided otherwise. Nothing is written or sent.

    Settings that the file does not name are those of the running product, its language model included; without a
    running product on this machine (only DATABASE_URL is set) they are read from this shell's environment. What
    `nightdesk thresholds` and `heads` have put in force goes before them.
    The database is opened read-only. A remote language model is really asked.
    """
    from serve_app.cli.replay.view import Span, run

    now = datetime.now(UTC)
    span = Span(since=moment(since, now), until=moment(until, now) if until else now, limit=limit)
    product = find_database(data_dir)
    run(product, settings_of(product), tried, span, json_file)


def moment(text: str, now: datetime) -> datetime:
    """Parse a time: an age such as 24h or 7d before `now`, or ISO 8601, local without an offset.

    Raises UserError.
    """
    number, unit = text[:-1], text[-1:]
    try:
        if unit in _UNITS and number.isdecimal():
            return now - timedelta(**{_UNITS[unit]: int(number)})
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UserError(f"{text!r} is no time: expected such as 24h, 7d, 2026-11-20 or 2026-11-20T08:00.") from None
