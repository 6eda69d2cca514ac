"""`nightdesk embeddings shadow`: a model searches beside the one in service, and only the team sees what it finds."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from serve_app.cli.options import DataDirOption, JsonFileOption
from serve_app.embedded.base.errors import UserError

if TYPE_CHECKING:
    from db.embedding_models import RegisteredModel
    from embeddings.workbench.registry.service import Service

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class _OrStart(TyperGroup):
    """`shadow MODEL` is `shadow start MODEL`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        known = args and args[0] in self.commands
        return super().resolve_command(ctx, args if known else ["start", *args])


app = typer.Typer(
    cls=_OrStart,
    help="A model searches beside the one in service, for a share of the turns, once each was decided.",
    no_args_is_help=True,
    subcommand_metavar="MODEL | report | stop",
)


@app.command()
def start(
    model: Annotated[
        str,
        typer.Argument(metavar="MODEL", help="A folder as for `evaluate`, or the id of a model that `list` prints."),
    ],
    share: Annotated[float, typer.Option(min=0.001, max=1, help="Of the turns that search.")] = 0.1,
    lasts: Annotated[str, typer.Option("--for", metavar="T", help="How long: 90m, 24h, 7d.")] = "24h",
    models_dir: Annotated[
        Path | None,
        typer.Option("--models", metavar="DIR", help="Where models are kept; on a cluster a volume of all replicas."),
    ] = None,
    data_dir: DataDirOption = None,
) -> None:
    """Begin: the model's thresholds are chosen, the passages embedded beside, then the product compares by itself.

    Customers' answers are neither changed nor delayed: what is compared was decided, in time that nobody else wants.
    """
    from serve_app.cli.workbench_extra import workbench

    for_so_long = _span(lasts)
    console = Console(highlight=False)
    with workbench():
        from embeddings.workbench.registry.shadowing import Shadowing
        from serve_app.cli.embeddings.bench import on_service, product_of

        product = product_of(data_dir, needed=True)
        kept = models_dir or product.models
        if kept is None:
            raise UserError("where shall the model be kept? Name a folder that every replica reads: --models DIR.")

        async def work(service: Service) -> RegisteredModel:
            made = Shadowing(service=service, model=model, models=kept, told=console.print)
            return await made.begin(share=share, lasts=for_so_long)

        begun = on_service(product, console, work)
    print(
        f"in the shadow for {lasts}: {begun.model_id}, {share:.0%} of the turns; `nightdesk embeddings shadow report`"
    )


@app.command()
def report(json_file: JsonFileOption = None, data_dir: DataDirOption = None) -> None:
    """Show what the model in the shadow, or the last that was, found otherwise: how often, and ticket by ticket."""
    from serve_app.cli.workbench_extra import workbench

    with workbench():
        from db import shadow
        from db.pool import acquire
        from serve_app.cli.embeddings.bench import on_service, product_of
        from serve_app.cli.embeddings.shadow_report import ShadowReport

        async def work(service: Service) -> ShadowReport | None:
            async with acquire(service.pool) as connection:
                run = await shadow.last(connection)
                if run is None:
                    return None
                return ShadowReport(run=run, compared=await shadow.comparisons(connection, run.id))

        found = on_service(product_of(data_dir, needed=True), Console(highlight=False), work)
    if found is None:
        raise UserError("no model was in the shadow yet: `nightdesk embeddings shadow MODEL`.")
    if json_file:
        json_file.write_text(json.dumps(found.as_json(), indent=1, default=str) + "\n", encoding="utf-8")
    for line in found.lines():
        print(line)


@app.command()
def stop(data_dir: DataDirOption = None) -> None:
    """End it. What was compared stays for its time, the vectors until `nightdesk embeddings remove`."""
    from serve_app.cli.workbench_extra import workbench

    with workbench():
        from db import shadow
        from db.pool import acquire
        from serve_app.cli.embeddings.bench import on_service, product_of

        async def work(service: Service) -> str | None:
            async with acquire(service.pool) as connection:
                return await shadow.end(connection, "stopped")

        ended = on_service(product_of(data_dir, needed=True), Console(highlight=False), work)
    if ended is None:
        raise UserError("no model is in the shadow.")
    print(f"no longer in the shadow: {ended}")


def _span(text: str) -> timedelta:
    if (found := re.fullmatch(r"(\d{1,5})([mhd])", text)) and int(found[1]):
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
    raise UserError(f"--for {text}: expected a time such as 90m, 24h or 7d.")
