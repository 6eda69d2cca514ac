"""Options that the commands of `nightdesk embeddings` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ModelArgument = Annotated[
    str,
    typer.Argument(metavar="MODEL", help="A folder: model.onnx and tokenizer.json, or one of sentence-transformers."),
]
ModelsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[MODEL...]", help="Folders, or the built-in name; none measures the one in service alone."),
]
DataOption = Annotated[
    Path,
    typer.Option(
        "--data", metavar="FILE", help="Your labelled questions (docs/workbench.md).", exists=True, dir_okay=False
    ),
]
DocumentOption = Annotated[
    Path | None,
    typer.Option(
        "--document",
        metavar="FILE",
        help="Where the answers stand, instead of the product's knowledge base.",
        exists=True,
        dir_okay=False,
    ),
]
HtmlOption = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write the report with plots and misses to this file.")
]
