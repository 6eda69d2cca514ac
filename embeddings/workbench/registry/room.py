"""The folder that keeps models, and the room in it where a model is made ready before it is kept."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embeddings.workbench.alone import alone
from embeddings.workbench.registry.service import SwitchError

ROOM = ".gate-"
REPLACED = "replaced-"


@contextmanager
def room(models: Path) -> Iterator[Path]:
    """Yield a folder to work in, in `models`; what a command left that was killed there goes.

    Raises SwitchError while another command is in there.
    """
    with alone(models, wait=False) as ours:
        if not ours:
            raise SwitchError("another promotion is at its gate: wait for it, or end it")
        for replaced in models.glob(f"{ROOM}*/{REPLACED}*"):
            _put_back(replaced, models / replaced.name.removeprefix(REPLACED))
        for left in models.glob(f"{ROOM}*"):
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=ROOM, dir=models) as work:
            yield Path(work)


def keep(folder: Path, model_id: str, models: Path) -> Path:
    """Move a folder of a room to where models are kept; the name stays, as it is part of the id. Return its place."""
    kept, made = models.resolve() / model_id, folder.parent / model_id
    made.mkdir()
    folder.rename(made / folder.name)
    if kept.exists():
        kept.rename(folder.parent / f"{REPLACED}{model_id}")
    made.rename(kept)
    return kept / folder.name


def _put_back(replaced: Path, place: Path) -> None:
    """Undo what `keep` began, when it was killed before the new one was in its place."""
    if not place.exists():
        replaced.rename(place)
