"""`nightdesk thresholds`: what a miss and a false alarm cost decides from when on the product acts."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serve_app.cli.options import DataDirOption, JsonFileOption
from serve_app.cli.thresholds.changes_command import apply, list_changes, undo
from serve_app.embedded.base.errors import UserError

if TYPE_CHECKING:
    from embeddings.workbench.thresholds import Fitted
    from serve_app.cli.thresholds.deciders import Deciders

app = typer.Typer(help="From when on the product acts, by what errors cost.", no_args_is_help=True)
app.command()(apply)
app.command("list")(list_changes)
app.command()(undo)


class Of(StrEnum):
    """Whose threshold."""

    ESCALATION = "escalation"
    RELEVANCE = "relevance"
    MOOD = "mood"
    CATEGORY = "category"


SETTINGS = {
    Of.ESCALATION: "ESCALATION_THRESHOLDS = {{ meaning = {0:g} }}",
    Of.RELEVANCE: "RELEVANCE_THRESHOLD = {0:g}",
    Of.MOOD: "MOOD_THRESHOLD = {0:g}",
    Of.CATEGORY: "CATEGORY_THRESHOLD = {0:g}",
}


@app.command()
def fit(
    of: Annotated[
        Of,
        typer.Argument(help="escalation, mood, category: texts with labels; relevance: questions with their sections."),
    ],
    miss_cost: Annotated[float, typer.Option(min=0, help="Of a request that is not handed over, an answer not given.")],
    false_alarm_cost: Annotated[float, typer.Option(min=0, help="Of a needless hand-over, a wrong answer.")],
    data: Annotated[
        Path | None, typer.Option("--data", metavar="FILE", help="Your data.", exists=True, dir_okay=False)
    ] = None,
    from_desk: Annotated[
        int | None,
        typer.Option(
            "--from-desk", metavar="DAYS", min=1, max=3650, help="Instead: what became of the product's own decisions."
        ),
    ] = None,
    document: Annotated[
        Path | None, typer.Option("--document", metavar="FILE", help="Where the answers stand.", exists=True)
    ] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Draw the costs into a page.")
    ] = None,
    toml_file: Annotated[
        Path | None,
        typer.Option("--toml", metavar="FILE", help="Write the choice, for `nightdesk replay --with` and `apply`."),
    ] = None,
    json_file: JsonFileOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Choose a threshold, and show it beside today's. Nothing is changed.

    Labels: of escalation none, pricing, refund, legal, human_request; of mood furious, and anything else as annoyed,
    neutral, positive, other; of category those of the product. No threshold of escalation is chosen at which one of the
    direct requests that ship with the product is missed. Try the choice with `nightdesk replay`, then apply it.
    """
    from serve_app.cli.workbench_extra import workbench

    if (data is None) == (from_desk is None):
        raise UserError("name your data with --data, or take the desk's own outcomes with --from-desk DAYS.")
    with workbench():
        from embeddings.workbench.thresholds import html
        from serve_app.cli.thresholds.costs import Costs
        from serve_app.cli.thresholds.desk import deciders

        found = deciders(data_dir, Costs(miss=miss_cost, false_alarm=false_alarm_cost), needed=from_desk is not None)
        try:
            fitted = _on_data(of, found, data, document) if data else _on_desk(of, found, from_desk or 0)
        except ValueError as error:
            raise UserError(f"{error}.") from None
        if html_file:
            html_file.write_text(html(fitted), encoding="utf-8")
    setting = SETTINGS[of].format(fitted.chosen.threshold)
    if json_file:
        json_file.write_text(json.dumps(fitted.as_json(), indent=1) + "\n", encoding="utf-8")
    if toml_file:
        toml_file.write_text(f"{setting}\n", encoding="utf-8")
    print(fitted.line)
    print(f"to try it: {setting}")


def _on_data(of: Of, found: Deciders, file: Path, document: Path | None) -> Fitted:
    from embeddings.workbench.sets.check import checked
    from embeddings.workbench.sets.read import read_data

    examples = read_data(file)
    checked(examples)
    if of is Of.RELEVANCE:
        return found.relevance(file, document)
    return {Of.ESCALATION: found.escalation, Of.MOOD: found.mood, Of.CATEGORY: found.category}[of](examples)


def _on_desk(of: Of, found: Deciders, days: int) -> Fitted:
    from serve_app.cli.thresholds.desk import known_outcomes, seen_categories

    if of is Of.CATEGORY:
        return found.category(seen_categories(found.product, days))
    outcomes = known_outcomes(found.product, days)
    fits = {
        Of.ESCALATION: found.escalation_outcomes,
        Of.MOOD: found.mood_outcomes,
        Of.RELEVANCE: found.relevance_outcomes,
    }
    return fits[of](outcomes)
