"""`nightdesk customers`: conflicts, merges, export and erasure."""

from __future__ import annotations

import json
from typing import Annotated, Any
from uuid import UUID

import typer

from serve_app.cli.customers import data
from serve_app.cli.options import DataDirOption, JsonOption, UrlOption
from serve_app.cli.target import find_product

app = typer.Typer(
    help="Customers: doubtful cases, merging and taking it back, exporting and erasing their data.",
    no_args_is_help=True,
)
app.command()(data.export)
app.command()(data.erase)

EvidenceOption = Annotated[
    str, typer.Option("--evidence", "-e", help="What it rests on; kept for good.", show_default=False)
]


@app.command()
def conflicts(data_dir: DataDirOption = None, url: UrlOption = None, as_json: JsonOption = False) -> None:
    """List customers who may be one by what forms claim. A claim merges nothing: a person decides."""
    from serve_app.cli.staff_call import staff_call

    found = staff_call(find_product(data_dir, url), "GET", "/merges", params={"limit": 1000})["conflicts"]
    if as_json:
        print(json.dumps(found, indent=2))
        return
    for conflict in found:
        likeness = "" if conflict["name_likeness"] is None else f", names {conflict['name_likeness']} % alike"
        print(f"{conflict['id']}  {conflict['kind']}  {conflict['type']} {conflict['value']}{likeness}")
        for party in (conflict["older"], conflict["newer"]):
            print(f"    {party['customer_id']}  {party['filed_as']}  {party['name']}  {party['messages']} messages")
    print(f"{len(found)} open questions" if len(found) != 1 else "1 open question")


@app.command()
def merge(
    winner: Annotated[UUID, typer.Argument(help="The customer that remains.", show_default=False)],
    loser: Annotated[UUID, typer.Argument(help="The one whose history goes to the winner.", show_default=False)],
    evidence: EvidenceOption,
    data_dir: DataDirOption = None,
    url: UrlOption = None,
) -> None:
    """Make two customers one. Replies still go to whoever wrote; `unmerge` takes it back exactly."""
    body = {"winner": str(winner), "loser": str(loser), "evidence": evidence}
    made = _post("/merges", data_dir, url, body)
    print(
        f"merged {made['loser_id']} into {made['winner_id']}; to take it back: nightdesk customers unmerge {made['id']}"
    )


@app.command()
def unmerge(
    merge_id: Annotated[UUID, typer.Argument(metavar="MERGE", help="As `merge` printed it.", show_default=False)],
    data_dir: DataDirOption = None,
    url: UrlOption = None,
) -> None:
    """Take a merge back: all is as it was, and what has come since goes to its own sender's customer."""
    undone = _post(f"/merges/{merge_id}/undo", data_dir, url)
    print(f"{undone['loser_id']} and {undone['winner_id']} are two customers again")


@app.command()
def approve(
    conflict_id: Annotated[UUID, typer.Argument(metavar="CONFLICT", help="As `conflicts` prints it.")],
    evidence: Annotated[
        str | None, typer.Option("--evidence", "-e", help="What it rests on besides the claim.")
    ] = None,
    data_dir: DataDirOption = None,
    url: UrlOption = None,
) -> None:
    """Answer an open question with yes: the older customer remains."""
    made = _post(f"/merges/{conflict_id}/approve", data_dir, url, {"evidence": evidence} if evidence else None)
    print(
        f"merged {made['loser_id']} into {made['winner_id']}; to take it back: nightdesk customers unmerge {made['id']}"
    )


@app.command()
def reject(
    conflict_id: Annotated[UUID, typer.Argument(metavar="CONFLICT", help="As `conflicts` prints it.")],
    data_dir: DataDirOption = None,
    url: UrlOption = None,
) -> None:
    """Answer an open question with no; it does not come again."""
    _post(f"/merges/{conflict_id}/reject", data_dir, url)
    print("they are two customers")


def _post(path: str, data_dir: DataDirOption, url: UrlOption, body: dict[str, str] | None = None) -> dict[str, Any]:
    from serve_app.cli.staff_call import staff_call

    return staff_call(find_product(data_dir, url), "POST", path, json=body)
