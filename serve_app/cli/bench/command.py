"""`nightdesk bench`: one command a benchmark; `quality`, `scaling`, `turns` and `growth` need no running product."""

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
    costs: Annotated[
        Path | None,
        typer.Option("--costs", metavar="FILE", help="Write what a message cost, for `nightdesk sizing --costs`."),
    ] = None,
) -> None:
    """Messages a second and CPU a message through the whole graph, beside the encoder's own limit, and what it leaves
    in PostgreSQL and Kafka."""
    from serve_app.cli.bench import view

    view.pipeline(_with_database(data_dir), messages, json_file, costs)


@app.command()
def acceptance(
    data_dir: DataDirOption = None,
    seconds: Annotated[float, typer.Option(min=1, help="For how long each server gets forms.")] = 8.0,
    connections: Annotated[int, typer.Option(min=1, help="At a time.")] = 32,
    rate: Annotated[float, typer.Option(min=0.1, help="Then so many a second.")] = 20.0,
    steady: Annotated[float, typer.Option(min=1, help="For so many seconds.")] = 15.0,
    crowd: Annotated[int, typer.Option(min=1, help="Forms in one instant.")] = 400,
    json_file: JsonFileOption = None,
) -> None:
    """Forms accepted a second, with answering held back and beside, and by FastAPI and asyncpg alone on the same
    PostgreSQL.

    Exits 1 when a form was refused.
    """
    from evaluation.benchmarks.acceptance import Load
    from serve_app.cli.bench import acceptance

    load = Load(seconds=seconds, connections=connections, steady_rate=rate, steady_s=steady, crowd=crowd)
    if not acceptance.run(_with_database(data_dir), load, json_file=json_file):
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
def turns(
    json_file: JsonFileOption = None,
    at_once: Annotated[int, typer.Option(min=1, help="Turns under way.")] = 64,
    rounds: Annotated[int, typer.Option(min=1, help="So often as many.")] = 4,
    many: Annotated[int, typer.Option(min=1, help="Turns under way for the memory of one.")] = 256,
) -> None:
    """An agent node beside a model that takes a second: turns a second, and memory a turn. Needs nothing running.

    Exits 1 below 0.9 of what the model's time allows or 30 times one after the other, or above 2 MB a turn.
    """
    from serve_app.cli.bench import turns

    if not turns.run(json_file, at_once=at_once, rounds=rounds, many=many):
        raise typer.Exit(1)


@app.command()
def growth(
    data_dir: DataDirOption = None,
    history: Annotated[int, typer.Option(min=0, help="Messages of one customer, at most; 0 leaves it out.")] = 10_000,
    passages: Annotated[int, typer.Option(min=0, help="Passages, at most; 0 leaves it out.")] = 100_000,
    tickets: Annotated[int, typer.Option(min=0, help="Tickets, at most; 0 leaves it out.")] = 1_000_000,
    rounds: Annotated[int, typer.Option(min=20, help="How often each call is made at each size.")] = 200,
    json_file: JsonFileOption = None,
) -> None:
    """What the product's statements take while a history, the knowledge base and the tickets grow, tenfold at a time.

    In scratch databases of the product's server or of DATABASE_URL's (as a superuser), which are dropped afterwards, or
    of a PostgreSQL that is started for it; customers' tables are not touched. In full it writes more than twenty
    million rows and 111,000 vectors there: leave it time and room, or name smaller sizes.
    Exits 1 when a call (p95) takes twice as long as at the smallest size, or a search (p50) more than 1.2 times as long
    as the bare pgvector statement.
    """
    from serve_app.cli.bench import growth

    most = {"history": history, "passages": passages, "tickets": tickets}
    if not growth.run(data_dir, json_file, **most, rounds=rounds):
        raise typer.Exit(1)


@app.command()
def kills(
    data_dir: DataDirOption = None,
    rate: Annotated[float, typer.Option(min=0.1, help="Forms a second, open arrival.")] = 8.0,
    rounds: Annotated[int, typer.Option(min=1, help="How often each part is killed.")] = 1,
    yes: Annotated[bool, typer.Option("--yes", help="Also where others than benchmarks have written.")] = False,
    json_file: JsonFileOption = None,
) -> None:
    """Forms at a steady rate while each node, Kafka and PostgreSQL are killed in turn, each once the last one is back.

    Prints what became of the forms, whether the replies keep to their channel's form, and how soon each part was back.
    Parts on other machines are left alone.
    Exits 1 when an accepted form was lost or answered twice, when none was accepted, or a part did not come back.
    """
    from serve_app.cli.bench import kills

    if not kills.run(_with_database(data_dir), json_file, rate=rate, rounds=rounds, yes=yes):
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

    Escalation, outgoing check, groundedness, sentiment, identity, retrieval, formatting, answers. Needs nothing
    running: identity and formatting are measured in scratch databases of DATABASE_URL's server, or of a PostgreSQL that
    is started for it and removed.
    Exits 1 when a direct request is not escalated, a forbidden draft leaks, or a reply is not in its channel's form.
    """
    from serve_app.cli.bench import quality

    if not quality.run(json_file, people=people, all_misses=all_misses):
        raise typer.Exit(1)


def _with_database(data_dir: Path | None) -> Target:
    target = find_product(data_dir)
    if not target.database_url:
        raise UserError("the product's database is not up yet: see `nightdesk status`.")
    return target
