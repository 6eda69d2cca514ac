"""Where models that were promoted lie: written down relative to the folder that keeps them, which so may be moved."""

from __future__ import annotations

from pathlib import Path

from embeddings.encoder import BUILT_IN


def written_down(folder: Path, models: Path | None) -> str:
    """Return what the store keeps of a model's folder: relative to `models` where it lies in there, else absolute."""
    folder = folder.resolve()
    if models is not None and folder.is_relative_to(models.resolve()):
        return str(folder.relative_to(models.resolve()))
    return str(folder)


def located(kept: str, models: Path | None) -> str:
    """Return what Encoder opens, of what the store keeps.

    A path that is absolute and leads nowhere is one from before paths were relative: a model's last two folders are
    its id and its name, in `models` too.
    """
    path = Path(kept)
    if kept == BUILT_IN or models is None:
        return kept
    if not path.is_absolute():
        return str(models / path)
    moved = models.joinpath(*path.parts[-2:])
    return str(moved) if not path.is_dir() and moved.is_dir() else kept
