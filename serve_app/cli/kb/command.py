"""`nightdesk kb`: bring the knowledge base up to date, add to it and take away, see what it lacks."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from serve_app.cli.options import DataDirOption, JsonOption
from serve_app.embedded.base.errors import UserError

app = typer.Typer(
    help="The knowledge base: the company's documents, and files and folders beside them. A change holds at once.",
    no_args_is_help=True,
)

PathsArgument = Annotated[
    list[Path],
    typer.Argument(metavar="PATH...", help="Markdown, HTML or PDF files, or folders of them.", exists=True),
]
OriginArgument = Annotated[str, typer.Argument(metavar="PATH", help="As `list` prints it, also when it is gone.")]
DaysOption = Annotated[int, typer.Option("--days", min=1, max=3650, help="How far to look back.")]


@app.command()
def sync(data_dir: DataDirOption = None) -> None:
    """Read the company's documents again, and every file and folder that was added; write what has changed.

    Exits 1 when an added one is gone: its sections stay until `kb remove`.
    """
    from serve_app.cli.kb.store import run, sync_all

    outcomes = run(data_dir, sync_all)
    for outcome in outcomes:
        print(outcome.line)
    if any(outcome.report is None for outcome in outcomes):
        raise typer.Exit(1)


@app.command()
def add(paths: PathsArgument, data_dir: DataDirOption = None) -> None:
    """Add files or folders; adding one again brings it up to date. No start takes them away."""
    from serve_app.cli.kb.store import Outcome, added, run

    for path in paths:
        whole = path.resolve()
        print(Outcome(origin=str(whole), report=run(data_dir, partial(added, path=whole))).line)


@app.command()
def remove(origin: OriginArgument, data_dir: DataDirOption = None) -> None:
    """Take away all that was added from a file or folder, or withdraw what was learned from a ticket."""
    from serve_app.cli.kb.store import removed, run

    count = run(data_dir, lambda base: removed(base, origin, str(Path(origin).resolve())))
    print(f"removed {count} section{'s' if count != 1 else ''}")


@app.command("list")
def list_sections(data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """List every section with its length in characters, by where it comes from."""
    from serve_app.cli.kb.store import run, sections

    found = run(data_dir, sections)
    if as_json:
        kept = ("origin", "source", "category", "slug", "title")
        print(json.dumps([{name: getattr(one, name) for name in kept} for one in found], indent=2))
        return
    origin = ""
    for one in found:
        if one.origin != origin:
            origin = one.origin
            print(origin)
        print(f"  {one.slug:<56} {len(one.content):>6}  {one.title}")
    print(f"{len(found)} sections")


@app.command()
def gaps(days: DaysOption = 30, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Show what customers asked in vain, alike questions together, those that most customers asked first."""
    from serve_app.cli.kb.store import gaps_since, run

    found = run(data_dir, lambda base: gaps_since(base, _since(days)))
    if as_json:
        print(json.dumps([asdict(gap) for gap in found], indent=2, ensure_ascii=False))
        return
    for gap in found:
        print(f"{gap.customers:>4} customers {gap.questions:>4} questions  {gap.topic}  ({', '.join(gap.tickets)})")
    if not found:
        print(f"nothing was asked in vain in the last {days} days")


@app.command()
def check(days: DaysOption = 90, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Name sections that compete with each other, that are too long, and that no question has found."""
    from serve_app.cli.kb.store import doubts_since, run

    found = run(data_dir, lambda base: doubts_since(base, _since(days)))
    if as_json:
        print(json.dumps([asdict(doubt) for doubt in found], indent=2, ensure_ascii=False))
        return
    print("\n".join(f"{doubt.kind:<9} {doubt.text}" for doubt in found) or "nothing to mend")


def _since(days: int) -> datetime:
    moment = datetime.now(UTC) - timedelta(days=days)
    if moment.year < 1970:
        raise UserError(f"--days {days} is too long ago.")
    return moment
