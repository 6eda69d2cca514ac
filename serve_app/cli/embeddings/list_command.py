"""`nightdesk embeddings list`, `show` and `remove`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from serve_app.cli.options import DataDirOption, JsonOption
from serve_app.embedded.base.errors import UserError

if TYPE_CHECKING:
    from embeddings.workbench.registry.removal import Removed
    from embeddings.workbench.registry.service import Service

ModelIdArgument = Annotated[str, typer.Argument(metavar="MODEL_ID", help="As `list` prints it.")]


def list_models(data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """List the models that passed the gate, and what was in service when."""
    from serve_app.cli.workbench_extra import workbench

    with workbench():
        from serve_app.cli.embeddings.bench import product_of
        from serve_app.cli.embeddings.registered import listed

        found = listed(product_of(data_dir, needed=True))
    if as_json:
        print(json.dumps(found.as_json(), indent=2))
        return
    for line in found.lines():
        print(line)


def show(
    model_id: ModelIdArgument,
    data_dir: DataDirOption = None,
) -> None:
    """Show all that is kept of a model: where it lies, its parent, licence, data and figures. As JSON."""
    from serve_app.cli.workbench_extra import workbench

    with workbench():
        from serve_app.cli.embeddings.bench import product_of
        from serve_app.cli.embeddings.registered import listed

        found = listed(product_of(data_dir, needed=True))
    if model_id not in found.models:
        raise UserError(f"no model is called {model_id!r}: `nightdesk embeddings list` names them.")
    print(json.dumps(asdict(found.models[model_id]), indent=2, default=str))


def remove(model_id: ModelIdArgument, data_dir: DataDirOption = None) -> None:
    """Remove a model that is neither in service nor what a rollback goes to: its vectors, their index, its files."""
    from serve_app.cli.workbench_extra import workbench

    with workbench():
        from embeddings.workbench.registry.removal import remove as removed
        from serve_app.cli.embeddings.bench import on_service, product_of

        async def work(service: Service) -> Removed:
            return await removed(service, model_id)

        gone = on_service(product_of(data_dir, needed=True), Console(highlight=False), work)
    files = f" and {gone.folder}" if gone.folder else ""
    print(f"removed: {model_id}, {gone.passages} vectors with their index{files}")
