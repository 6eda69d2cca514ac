"""`nightdesk heads`: train the classifier of escalation on a team's own labels, measure it, go back."""

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from serve_app.cli.options import DataDirOption, JsonFileOption
from serve_app.cli.thresholds.changes_command import ByOption, NoteOption
from serve_app.embedded.base.errors import UserError

app = typer.Typer(
    help="The classifier of escalation: train it on your own labels, through a gate, and roll back.",
    no_args_is_help=True,
)


class Head(StrEnum):
    """What can be trained."""

    ESCALATION = "escalation"


class Left(StrEnum):
    """What is left out, one after the other."""

    TRADE = "trade"


HeadArgument = Annotated[Head, typer.Argument(help="Which one.")]


@app.command()
def train(
    head: HeadArgument,
    data: Annotated[
        Path, typer.Option("--data", metavar="FILE", help="text, label[, kind, split].", exists=True, dir_okay=False)
    ],
    loss: Annotated[
        float, typer.Option(min=0, max=1, help="How much worse the sets that ship may be decided, as a share.")
    ] = 0.02,
    models_dir: Annotated[
        Path | None,
        typer.Option("--models", metavar="DIR", help="Where it is kept; on a cluster a volume of all replicas."),
    ] = None,
    by: ByOption = None,
    note: NoteOption = "",
    json_file: JsonFileOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Train on your own messages and put the result into service, if it passes the gate; minutes of one processor.

    Labels: none, pricing, refund, legal, human_request; kind may say direct, paraphrase, hard, ordinary. The gate: no
    direct request that ships is missed, none of yours either; on the sets that ship not worse than --loss; on your
    messages put aside better than what is in service. Exits 1, with each figure that fails, when the gate refuses;
    nothing is changed then.
    """
    from serve_app.cli.workbench_extra import workbench

    console = Console(highlight=False)
    with workbench():
        from evaluation.escalation.gate import Limits
        from serve_app.cli.heads.training import RefusedError, Training

        training = Training.of(
            data_dir,
            data,
            models_dir,
            limits=Limits(paraphrases=loss, false_alarms=loss),
            told=lambda line: console.print(line, markup=False),
        )
        try:
            model = training.run(who=by or getpass.getuser(), note=note or data.name)
        except RefusedError as refused:
            _write(json_file, {"checks": refused.lines})
            raise UserError(f"the gate refuses it, nothing was changed: {refused}") from None
    _write(json_file, dict(model.metrics))
    print(f"in service within seconds: {model.model_id}; before: {model.parent}")


@app.command()
def evaluate(
    head: HeadArgument,
    leave_one_out: Annotated[
        Left | None,
        typer.Option("--leave-one-out", help="Train on the messages of all trades but one, and measure on that one."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="FILE", help="Your own messages, instead of those of the trades.", exists=True),
    ] = None,
    misses: Annotated[bool, typer.Option("--misses", help="List what is decided wrongly.")] = False,
    json_file: JsonFileOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Measure what is in service, a table by trade; with --leave-one-out, what training does for a trade it never saw.

    Exits 1 where an aim is not reached: direct requests 100 %, paraphrases 95 %, false alarms 3 %. Needs no running
    product.
    """
    from serve_app.cli.workbench_extra import workbench

    if leave_one_out and data:
        raise UserError("--leave-one-out measures on the trades that ship: leave --data out.")
    with workbench():
        from evaluation.escalation.trades import as_json, short_of, table, total
        from serve_app.cli.heads.measuring import by_trade, left_out, of_file

        console = Console(highlight=False)
        chosen: Mapping[str, float] = {}
        if leave_one_out:
            left = left_out(data_dir, told=lambda line: console.print(line, markup=False))
            found = list(left.tallies)
            chosen = left.chosen
            console.print(f"ESCALATION_THRESHOLDS={json.dumps(chosen)}  # what all choose together", soft_wrap=True)
        else:
            found = [of_file(data_dir, data)] if data else by_trade(data_dir)
    _write(json_file, as_json(found) | ({"thresholds": dict(chosen)} if chosen else {}))
    for line in (*table(found), *(total(found).wrong if misses else ())):
        print(line)
    if short := short_of(total(found)):
        raise UserError(f"{'; '.join(short)}.")


@app.command()
def rollback(head: HeadArgument, by: ByOption = None, data_dir: DataDirOption = None) -> None:
    """Put the classifier back into service that the present one replaced.

    Exits 1, and changes nothing, where it can't be read or would miss a direct request at the thresholds in force.
    """
    from serve_app.cli.thresholds.changes import lines_of, undone

    for line in lines_of([undone(data_dir, ["escalation_model"], who=by or getpass.getuser())]):
        print(line)


@app.command("list")
def list_heads(data_dir: DataDirOption = None) -> None:
    """List the classifiers that passed the gate, and what was in service when."""
    from serve_app.cli.heads.registered import lines

    for line in lines(data_dir):
        print(line)


def _write(path: Path | None, report: dict[str, object]) -> None:
    if path:
        path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
