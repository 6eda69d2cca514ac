"""`nightdesk embeddings`: measure encoders, put one into service through the gate, and go back."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from serve_app.cli.embeddings import shadow_command
from serve_app.cli.embeddings.list_command import list_models, remove, show
from serve_app.cli.embeddings.options import DataOption, DocumentOption, HtmlOption, ModelArgument, ModelsArgument
from serve_app.cli.embeddings.tune_command import tune
from serve_app.cli.options import DataDirOption, JsonFileOption
from serve_app.embedded.base.errors import UserError

if TYPE_CHECKING:
    from db.embedding_models import RegisteredModel
    from embeddings.workbench.registry.service import Service

NICENESS = 15
"""Of a promotion: the product, which answers customers meanwhile, goes before."""

app = typer.Typer(
    help="The encoder that searches: measure others on your own questions, promote one, roll back.",
    no_args_is_help=True,
)
app.command()(tune)
app.command("list")(list_models)
app.command()(show)
app.command()(remove)
app.add_typer(shadow_command.app, name="shadow")


@app.command()
def evaluate(
    data: DataOption,
    models: ModelsArgument = None,
    document: DocumentOption = None,
    json_file: JsonFileOption = None,
    html_file: HtmlOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Measure models on the test part of a file, beside BM25 and the model in service.

    recall@1 and @5, MRR, nDCG@10, how well answerable is told from unanswerable, latency, memory and size; with
    intervals, and what tells two models apart beyond chance. Needs no running product.
    """
    from serve_app.cli.workbench_extra import workbench

    console = Console()
    with workbench():
        from embeddings.workbench.measuring.report import sentences, terminal_table
        from embeddings.workbench.registry.candidate import in_served_form
        from serve_app.cli.embeddings.bench import compared, measured_on, product_of, write_reports

        product = product_of(data_dir, needed=False)
        given = measured_on(product, data, document, console)
        with in_served_form(models or []) as folders:
            found = compared(product, folders, given, console)
        write_reports(found, json_file, html_file)
    console.print(terminal_table(found))
    for line in sentences(found):
        console.print(line, highlight=False)


@app.command()
def promote(
    model: ModelArgument,
    data: DataOption,
    document: DocumentOption = None,
    models_dir: Annotated[
        Path | None,
        typer.Option("--models", metavar="DIR", help="Where models are kept; on a cluster a volume of all replicas."),
    ] = None,
    licence: Annotated[str, typer.Option("--licence", help="Of the model, where its README does not name it.")] = "",
    recall_loss: Annotated[float, typer.Option(min=0, max=1, help="How much lower recall may be.")] = 0.02,
    head_loss: Annotated[float, typer.Option(min=0, max=1, help="The same of mood, category, priority.")] = 0.02,
    relevance_loss: Annotated[
        float, typer.Option(min=0, help="The same of relevance, in hand-overs a question.")
    ] = 0.05,
    latency: Annotated[float, typer.Option(min=1, help="Times the processor time of the model in service.")] = 10.0,
    memory_mb: Annotated[float, typer.Option(min=1, help="Memory of a replica's encoder, in MB.")] = 1024.0,
    beyond_chance: Annotated[
        bool,
        typer.Option("--accept-loss", help="Losses within these limits pass even where they are more than chance."),
    ] = False,
    json_file: JsonFileOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Judge a model at the gate and put it into service; broken off, the same command goes on.

    The gate: recall on your questions, the heads trained anew for its vectors, latency, memory. Then the knowledge base
    is embedded beside the old vectors, every replica loads the model, and all change at once. Exits 1, with each
    figure that fails, when the gate refuses; nothing is changed then.
    """
    from serve_app.cli.workbench_extra import workbench

    os.nice(NICENESS)
    console = Console(highlight=False)
    with workbench():
        from embeddings.workbench.registry.gate import Limits
        from embeddings.workbench.registry.promote import Promotion, RefusedError
        from serve_app.cli.embeddings.bench import measured_on, on_service, product_of
        from serve_app.cli.embeddings.desk_corrections import desk_corrections

        product = product_of(data_dir, needed=True)
        kept = models_dir or product.models
        if kept is None:
            raise UserError("where shall the model be kept? Name a folder that every replica reads: --models DIR.")
        limits = Limits(
            recall=recall_loss,
            heads=head_loss,
            relevance=relevance_loss,
            latency=latency,
            memory_mb=memory_mb,
            beyond_chance=beyond_chance,
        )
        given = measured_on(product, data, document, console)

        async def work(service: Service) -> RegisteredModel:
            learned = await desk_corrections(service.pool) if product.settings.learn_from_customers else []
            promotion = Promotion(
                service=service,
                model=model,
                data=given,
                models=kept,
                limits=limits,
                licence=licence,
                corrections=learned,
                told=lambda line: console.print(line, markup=False),
            )
            return await promotion.run()

        try:
            promoted = on_service(product, console, work)
        except RefusedError as refused:
            _write(json_file, refused.verdict.metrics)
            raise UserError(f"the gate refuses {model}, nothing was changed: {refused}") from None
    _write(json_file, dict(promoted.metrics))
    print(f"in service: {promoted.model_id} ({promoted.dimensions} dimensions); before: {promoted.parent}")


@app.command()
def rollback(data_dir: DataDirOption = None) -> None:
    """Put the model back into service that the present one replaced; what came to the documents since is embedded.

    After a promotion that was broken off: end it, and stay with the model in service.
    """
    from serve_app.cli.workbench_extra import workbench

    console = Console(highlight=False)
    with workbench():
        from serve_app.cli.embeddings.bench import on_service, product_of

        product = product_of(data_dir, needed=True)

        async def work(service: Service) -> str:
            if left := await service.give_up():
                current = await service.current()
                return f"the promotion of {left} was given up; in service: {current.model_id}"
            before = await service.before()
            embedded = await service.put_in_service(before, kind="rollback")
            return f"in service: {before.model_id}; {embedded} passages had to be embedded"

        print(on_service(product, console, work))


def _write(path: Path | None, report: dict[str, object]) -> None:
    if path:
        path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
