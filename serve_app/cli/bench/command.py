"""`nightdesk bench`: one command a benchmark; all but `quality` and `scaling` measure the running product."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serve_app.cli.options import DataDirOption, JsonFileOption
from serve_app.cli.target import find_product
from serve_app.embedded.base.errors import UserError

if TYPE_CHECKING:
    from serve_app.cli.target import Target

app = typer.Typer(help="Measure the running product, and the quality of what it decides.", no_args_is_help=True)


@app.command()
def latency(
    data_dir: DataDirOption = None,
    rate: Annotated[float, typer.Option(min=0.1, help="Forms a second, open arrival.")] = 20.0,
    seconds: Annotated[float, typer.Option(min=1, help="For how long.")] = 60.0,
    at_rest: Annotated[int, typer.Option(min=0, help="Forms sent one by one before that.")] = 20,
    json_file: JsonFileOption = None,
) -> None:
    """Time from form to acknowledgement and to readable answer, with each node's share.

    Exits 1 when acknowledgement (p95) takes 500 ms or more, an answer at rest (p50) 2 s or more, or when a form was
    refused, not answered, or answered twice.
    """
    from serve_app.cli.bench import view

    if not view.latency(_with_database(data_dir), rate, seconds, at_rest, json_file):
        raise typer.Exit(1)


@app.command()
def pipeline(
    data_dir: DataDirOption = None,
    messages: Annotated[int, typer.Option(min=10, help="How many forms to push through.")] = 400,
    json_file: JsonFileOption = None,
) -> None:
    """Messages a second and CPU a message through the whole graph, beside the encoder's own limit."""
    from serve_app.cli.bench import view

    view.pipeline(_with_database(data_dir), messages, json_file)


@app.command()
def acceptance(
    data_dir: DataDirOption = None,
    seconds: Annotated[float, typer.Option(min=1, help="For how long each server gets forms.")] = 8.0,
    connections: Annotated[int, typer.Option(min=1, help="At a time.")] = 32,
    crowd: Annotated[int, typer.Option(min=1, help="Forms in one instant.")] = 400,
    json_file: JsonFileOption = None,
) -> None:
    """Forms accepted a second, answering them beside, and by FastAPI and asyncpg alone on the same PostgreSQL.

    Exits 1 when a form was refused.
    """
    from serve_app.cli.bench import acceptance

    target = _with_database(data_dir)
    if not acceptance.run(target, seconds=seconds, connections=connections, crowd=crowd, json_file=json_file):
        raise typer.Exit(1)


@app.command()
def scaling(
    json_file: JsonFileOption = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw load, lag, replicas and answer times, as PNG.")
    ] = None,
    kills: Annotated[bool, typer.Option("--kills", help="Kill a replica every 45 seconds meanwhile.")] = False,
) -> None:
    """Load in steps on a product of its own that scales at low loads: each node's replicas before, at most, at the end.

    Exits 1 when a node that scales did not go up and come down again, or when an accepted form was not answered, or
    answered twice.
    """
    from serve_app.cli.bench import scaling

    if not scaling.run(json_file, plot, kills=kills):
        raise typer.Exit(1)


@app.command()
def quality(
    json_file: JsonFileOption = None,
    people: Annotated[int, typer.Option(min=10, help="Made-up people who write for the identity figures.")] = 300,
    all_misses: Annotated[
        bool, typer.Option("--all-misses", help="List every miss, not the first of each part.")
    ] = False,
) -> None:
    """How well the product judges, beside simpler ways, with the misses listed.

    Escalation, outgoing check, groundedness, sentiment, identity, retrieval. Needs nothing running: identity is
    measured in a scratch database of DATABASE_URL's server, or of a PostgreSQL that is started for it and removed.
    Exits 1 when a direct request is not escalated or a forbidden draft leaks.
    """
    from serve_app.cli.bench import quality

    if not quality.run(json_file, people=people, all_misses=all_misses):
        raise typer.Exit(1)


def _with_database(data_dir: Path | None) -> Target:
    target = find_product(data_dir)
    if not target.database_url:
        raise UserError("the product's database is not up yet: see `nightdesk status`.")
    return target
