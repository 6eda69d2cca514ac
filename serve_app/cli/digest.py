"""`nightdesk digest`: what a day was like."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serve_app.cli.options import DataDirOption, UrlOption
from serve_app.cli.target import find_product

if TYPE_CHECKING:
    from typing import Any

DayOption = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="The day, or the first one.", show_default="yesterday"
    ),
]
UntilOption = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="The last day.", show_default="the same day"),
]
FileOption = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write all of it there, as JSON.")]


def digest(
    day: DayOption = None,
    until: UntilOption = None,
    as_json: FileOption = None,
    data_dir: DataDirOption = None,
    url: UrlOption = None,
) -> None:
    """Show volume, first answers, resolution, mood, hand-overs and topics of a day, beside the day before."""
    from serve_app.cli.staff_call import staff_call

    asked = {name: f"{value:%Y-%m-%d}" for name, value in (("day", day), ("until", until)) if value}
    answer = staff_call(find_product(data_dir, url), "GET", "/metrics/digest", params=asked)
    if as_json:
        as_json.write_text(json.dumps(answer, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print("\n".join(lines(answer)))


def lines(answer: dict[str, Any]) -> list[str]:
    """Return the digest as lines: a table of the channels beside the days before, then hand-overs and topics."""
    now, before = answer["digest"], answer["before"]
    days = now["first_day"] if now["first_day"] == now["last_day"] else f"{now['first_day']} to {now['last_day']}"
    rows: list[tuple[str, ...]] = [("", "messages", "handed over", "first answer", "resolved", "mood", "marks")]
    rows += [(each["channel"], *_cells(each)) for each in now["channels"]]
    rows += [("all", *_cells(now["totals"])), ("before", *_cells(before["totals"]))]
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    reasons = [f"{count:>4}  {reason.replace('_', ' ')}" for reason, count in now["totals"]["escalations"].items()]
    return [
        f"{days}, {answer['timezone']}",
        *table,
        *(["", "handed over for", *reasons] if reasons else []),
        *_topics("most questions were about", now["issues"]),
        *_topics("nothing was known about", now["unanswered"]),
    ]


def _cells(of: dict[str, Any]) -> tuple[str, ...]:
    figures, waited, ended, marks = of["figures"], of["first_answer"], of["resolution"], of["ratings"]
    half = "" if waited["p50_s"] is None else f"{waited['p50_s']:.0f} s ({waited['answered']}/{waited['tickets']})"
    share = "" if ended["rate"] is None else f"{ended['rate']:.0%}"
    mood = "" if figures["average_sentiment"] is None else f"{figures['average_sentiment']:.2f}"
    given = f"{marks['good']} good, {marks['bad']} bad" if marks["good"] + marks["bad"] else ""
    pending = f" +{ended['pending']} open" if ended["pending"] else ""
    return str(figures["message_volume"]), str(figures["escalation_count"]), half, f"{share}{pending}", mood, given


def _topics(title: str, topics: list[dict[str, Any]]) -> list[str]:
    if not topics:
        return []
    return ["", title, *(f"{each['questions']:>4}  {', '.join(each['words'])}" for each in topics)]
