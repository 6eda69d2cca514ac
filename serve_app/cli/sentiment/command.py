"""`nightdesk sentiment`: a team's own classifier of mood, fitted to the bands and held against the head in service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serve_app.cli.options import DataDirOption, JsonFileOption
from serve_app.embedded.base.errors import UserError

if TYPE_CHECKING:
    from embeddings.workbench.mood_model import Asked, Measured

app = typer.Typer(
    help="A classifier of mood of your own, for SENTIMENT_MODEL (docs/workbench.md).", no_args_is_help=True
)
ModelArgument = Annotated[
    Path,
    typer.Argument(metavar="DIR", help="model.onnx, tokenizer.json, labels.json.", exists=True, file_okay=False),
]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="FILE",
        help="Texts labelled furious, annoyed, neutral or positive, instead of ours.",
        exists=True,
        dir_okay=False,
    ),
]
LossOption = Annotated[float, typer.Option(min=0, max=1, help="How much lower a share may be than the head's.")]
LatencyOption = Annotated[float, typer.Option(min=1, help="Milliseconds of a processor that a message may take.")]


@app.command()
def fit(model: ModelArgument, data: DataOption = None) -> None:
    """Choose below which mean mood a message is furious or annoyed, on the training part; write it to labels.json."""
    from serve_app.cli.workbench_extra import workbench

    with workbench():
        from embeddings.workbench import mood_model

        fitted = mood_model.fit(model, _given(data)[0])
    (furious, _), (annoyed, _) = fitted.labels.anchors[1:3]
    print(f"{model / 'labels.json'}: furious below a mean mood of {furious:.3f}, annoyed below {annoyed:.3f}")


@app.command()
def measure(
    model: ModelArgument,
    data: DataOption = None,
    loss: LossOption = 0.02,
    latency: LatencyOption = 100.0,
    json_file: JsonFileOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Hold the classifier against the head in service, on texts that neither was fitted with.

    Exits 1, with each figure that fails, where it is worse beyond chance or by more than --loss, or too slow.
    """
    from serve_app.cli.workbench_extra import workbench

    with workbench():
        from embeddings.sentiment_model import SentimentModel
        from embeddings.vector_model import VectorModel
        from embeddings.workbench import mood_model
        from serve_app.cli.embeddings.bench import in_service, product_of

        head = VectorModel.load(in_service(product_of(data_dir, needed=False)))
        limits = mood_model.Limits(loss=loss, cpu_ms=latency)
        found = mood_model.measure(SentimentModel.load(model, threads=2), head, _given(data)[1], limits)
    if json_file:
        json_file.write_text(json.dumps(found.as_json(), indent=1) + "\n", encoding="utf-8")
    _show(found)
    if found.failed:
        raise UserError(f"{model} is no better choice than the head: {'; '.join(one.line for one in found.failed)}")


def _given(data: Path | None) -> tuple[Asked, Asked]:
    from embeddings.workbench import mood_model
    from embeddings.workbench.sets.check import checked, split_note
    from embeddings.workbench.sets.read import read_data

    file = read_data(data) if data else None
    if file and (note := split_note(checked(file))):
        print(f"{file.name}: {note}")
    return mood_model.given_in(file)


def _show(found: Measured) -> None:
    print(f"{found.texts} texts that neither was fitted with")
    for name, figures in found.figures.items():
        print(f"  {name:<6} {'  '.join(f'{what} {value:.3f}' for what, value in figures.items())}")
    for check in found.checks:
        print(f"{'passed' if check.ok else 'FAILED'}  {check.line}")
