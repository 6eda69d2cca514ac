"""What commands of the workbench have in common: its packages may be missing, and its errors are lines for a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from db.embedding_models import ModelChangedError
from db.pool import DatabaseUnavailableError
from db.shadow import ShadowRunsError
from embeddings.encoder import ModelNotFoundError, ModelNotUsableError
from embeddings.heads import HeadNotUsableError
from serve_app.embedded.base.errors import UserError


@contextmanager
def workbench() -> Iterator[None]:
    """Turn what can be wrong with a team's models and data into UserError."""
    if find_spec("sklearn") is None or find_spec("matplotlib") is None:
        raise UserError("this needs the workbench: pip install '.[workbench]' (`make setup-dev` installs it too).")
    from embeddings.workbench.registry.service import SwitchError
    from embeddings.workbench.sets.rows import InvalidDataError

    try:
        yield
    except (InvalidDataError, ModelNotFoundError, ModelNotUsableError, HeadNotUsableError) as error:
        raise UserError(str(error)) from None
    except (SwitchError, ShadowRunsError) as error:
        raise UserError(str(error)) from None
    except (ModelChangedError, DatabaseUnavailableError) as error:
        raise UserError(f"{error}: `nightdesk status` shows what runs.") from None


@contextmanager
def progress_bar(console: Console) -> Iterator[Progress]:
    """Show a bar on a terminal, nothing elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        yield progress
