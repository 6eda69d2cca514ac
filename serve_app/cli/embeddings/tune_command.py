"""`nightdesk embeddings tune`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from serve_app.cli.embeddings.options import DataOption, DocumentOption
from serve_app.cli.options import DataDirOption


def tune(
    data: DataOption,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="The folder of the new model; its name is the model's.")
    ],
    base: Annotated[
        str | None,
        typer.Option(
            "--base", metavar="MODEL", help="What is tuned; the model in service, or for --whole MiniLM-L6-v2."
        ),
    ] = None,
    document: DocumentOption = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Tune the whole encoder, as a job of the product's Ray, not an adapter.")
    ] = False,
    rates: Annotated[list[float] | None, typer.Option("--rate", help="Learning rates to try; may be repeated.")] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Of --whole.")] = 3,
    batch: Annotated[int, typer.Option(min=2, help="Of --whole.")] = 32,
    steps: Annotated[int, typer.Option(min=1, help="Of --whole: between two measurements and checkpoints.")] = 50,
    seed: Annotated[int, typer.Option(help="The same seed gives the same model, up to rounding.")] = 7,
    ray_address: Annotated[
        str | None,
        typer.Option("--ray-address", metavar="URL", help="Another Ray's dashboard, instead of the product's."),
    ] = None,
    data_dir: DataDirOption = None,
) -> None:
    """Make a model better on the training part of a file: an adapter in seconds, or with --whole the encoder itself.

    What it gained is measured on the test part by `evaluate`, and judged by `promote`.
    """
    from serve_app.cli.workbench_extra import workbench

    console = Console(highlight=False)
    with workbench():
        from serve_app.cli.embeddings.bench import in_service, measured_on, product_of
        from serve_app.cli.embeddings.tuning import adapter, in_ray

        product = product_of(data_dir, needed=False)
        train = measured_on(product, data, document, console, split="train")
        if whole:
            line = in_ray(
                base,
                train,
                out,
                rates=tuple(rates or (2e-5,)),
                epochs=epochs,
                batch=batch,
                steps=steps,
                seed=seed,
                data_dir=data_dir,
                address=ray_address,
                console=console,
            )
        else:
            line = adapter(base or in_service(product), train, out, seed, console)
    print(line)
