"""`nightdesk thresholds fit`: what a miss and a false alarm cost decides from when on the product acts."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from serve_app.cli.options import DataDirOption, JsonFileOption
from serve_app.embedded.base.errors import UserError

app = typer.Typer(help="From when on the product acts, by what errors cost.", no_args_is_help=True)


class Of(StrEnum):
    """Whose threshold."""

    ESCALATION = "escalation"
    RELEVANCE = "relevance"


@app.callback()
def _commands() -> None:
    """From when on the product acts, by what errors cost."""


@app.command()
def fit(
    of: Annotated[Of, typer.Argument(help="escalation: texts with labels; relevance: questions with their sections.")],
    data: Annotated[Path, typer.Option("--data", metavar="FILE", help="Your data.", exists=True, dir_okay=False)],
    miss_cost: Annotated[float, typer.Option(min=0, help="Of a request that is not handed over, an answer not given.")],
    false_alarm_cost: Annotated[float, typer.Option(min=0, help="Of a needless hand-over, a wrong answer.")],
    document: Annotated[
        Path | None, typer.Option("--document", metavar="FILE", help="Where the answers stand.", exists=True)
    ] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Draw the costs into a page.")
    ] = None,
    toml_file: Annotated[
        Path | None, typer.Option("--toml", metavar="FILE", help="Write the choice, for `nightdesk replay --with`.")
    ] = None,
    json_file: JsonFileOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Choose a threshold on labelled data, and show it beside today's. Nothing is changed.

    escalation: labels are none, pricing, refund, legal, human_request; no threshold is chosen at which one of the
    direct requests that ship with the product is missed. Try the choice with `nightdesk replay`, then set it.
    """
    from serve_app.cli.workbench_extra import workbench

    with workbench():
        from embeddings.workbench.sets.check import checked
        from embeddings.workbench.sets.read import read_data
        from embeddings.workbench.thresholds import html
        from serve_app.cli.thresholds.deciders import escalation, relevance

        examples = read_data(data)
        checked(examples)
        try:
            if of is Of.ESCALATION:
                fitted, setting = escalation(examples, miss_cost, false_alarm_cost, data_dir)
            else:
                fitted, setting = relevance(data, document, miss_cost, false_alarm_cost, data_dir)
        except ValueError as error:
            raise UserError(f"{error}.") from None
        if html_file:
            html_file.write_text(html(fitted), encoding="utf-8")
    if json_file:
        json_file.write_text(json.dumps(fitted.as_json(), indent=1) + "\n", encoding="utf-8")
    if toml_file:
        toml_file.write_text(f"{setting}\n", encoding="utf-8")
    print(fitted.line)
    print(f"to try it: {setting}")
