"""`nightdesk dlq`: list, show and replay dead letters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from serve_app.cli.options import DataDirOption, JsonOption, UrlOption
from serve_app.cli.target import Target, find_product
from serve_app.embedded.base.errors import UserError

if TYPE_CHECKING:
    from typing import Any

NOT_ABOUT_THE_LETTER = (401, 403, 503)
"""Refusals that every further letter would meet as well."""
app = typer.Typer(help="Dead letters: what could not be handled, why, and another try.", no_args_is_help=True)

LetterArgument = Annotated[UUID, typer.Argument(metavar="ID", help="As `list` prints it.", show_default=False)]
LettersArgument = Annotated[
    list[UUID] | None, typer.Argument(metavar="[ID]...", help="As `list` prints them.", show_default=False)
]
AllOption = Annotated[bool, typer.Option("--all", help="Every letter that was not replayed yet, up to 1,000.")]
ReplayedOption = Annotated[bool, typer.Option("--replayed", help="Those that were replayed already.")]


@app.command("list")
def list_letters(
    replayed: ReplayedOption = False, data_dir: DataDirOption = None, url: UrlOption = None, as_json: JsonOption = False
) -> None:
    """List dead letters, newest first, with their causes."""
    letters = _letters(data_dir, url, state="replayed" if replayed else "dead")
    if as_json:
        print(json.dumps(letters, indent=2))
        return
    for letter in letters:
        by = f", replayed by {letter['replayed_by'] or 'somebody'}" if letter["state"] == "replayed" else ""
        print(f"{letter['id']}  {letter['created_at'][:19]}  {letter['topic']:<21} {letter['cause']}{by}")
    print(f"{len(letters)} dead letters" if len(letters) != 1 else "1 dead letter")


@app.command()
def show(letter_id: LetterArgument, data_dir: DataDirOption = None, url: UrlOption = None) -> None:
    """Print one letter with its content, as JSON."""
    from serve_app.cli.staff_call import staff_call

    print(json.dumps(staff_call(find_product(data_dir, url), "GET", f"/dead-letters/{letter_id}"), indent=2))


@app.command()
def replay(
    letter_ids: LettersArgument = None,
    everything: AllOption = False,
    data_dir: DataDirOption = None,
    url: UrlOption = None,
) -> None:
    """Send letters on their way again; what fails again becomes a letter of its own.

    A message whose conversation a person has by now, as after its notice, waits for the person or for a release.
    One that can't be replayed holds up no other: it is named with its reason, and the command exits 1 in the end.
    """
    if everything == bool(letter_ids):
        raise UserError("name the letters, or --all: one of the two.")
    chosen = letter_ids or [UUID(letter["id"]) for letter in _letters(data_dir, url, state="dead")]
    product = find_product(data_dir, url)
    done = [_replay(product, letter_id) for letter_id in chosen]
    if not all(done):
        raise UserError(f"{done.count(False)} of {len(done)} could not be replayed: the reasons stand above.")
    print(f"all {len(done)} replayed" if done else "nothing to replay")


def _replay(product: Target, letter_id: UUID) -> bool:
    """Replay one letter and print the result; False when it was refused."""
    from serve_app.cli.staff_call import RefusedError, staff_call

    try:
        staff_call(product, "POST", f"/dead-letters/{letter_id}/replay")
    except RefusedError as refusal:
        if refusal.status in NOT_ABOUT_THE_LETTER:
            raise
        print(f"not replayed {letter_id}: {refusal}")
        return False
    print(f"replayed {letter_id}")
    return True


def _letters(data_dir: DataDirOption, url: UrlOption, *, state: str) -> list[dict[str, Any]]:
    from serve_app.cli.staff_call import staff_call

    answer = staff_call(find_product(data_dir, url), "GET", "/dead-letters", params={"state": state, "limit": 1000})
    letters: list[dict[str, Any]] = answer["dead_letters"]
    return letters
