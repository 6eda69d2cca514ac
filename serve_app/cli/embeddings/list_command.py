"""`nightdesk embeddings list` and `show`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from serve_app.cli.options import DataDirOption, JsonOption
from serve_app.embedded.base.errors import UserError


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
    model_id: Annotated[str, typer.Argument(metavar="MODEL_ID", help="As `list` prints it.")],
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
