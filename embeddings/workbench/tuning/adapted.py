"""Puts a trained adapter behind a model: a folder that can be evaluated and promoted."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from embeddings.arrays import Floats
from embeddings.encoder import ADAPTER, Encoder
from embeddings.workbench.registry.candidate import served_form
from embeddings.workbench.sets.retrieval_set import RetrievalSet
from embeddings.workbench.tuning.adapter import SEED, Adapter, Pairs, fit_adapter

Progress = Callable[[int, int], None]


def adapted(
    base: str, train: RetrievalSet, out: Path, *, seed: int = SEED, progress: Progress = lambda _n, _of: None
) -> Adapter:
    """Train an adapter over a model (built-in name or folder) and write both into the folder `out`.

    Raises ModelNotFoundError, ModelNotUsableError, ValueError for too few questions, and, before anything is done,
    OutTakenError for a folder that holds something else than an earlier adapter of this command.
    """
    _require_own(out, base)
    encoder = Encoder(base, threads=2)
    pairs = Pairs(queries=_encoded(encoder, train.queries), passages=_encoded(encoder, train.passages),
                  relevant=train.relevant)  # fmt: skip
    found = fit_adapter(pairs, seed=seed, progress=progress)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as work:
        made = served_form(base, Path(work), name=out.name)
        np.savez(made / ADAPTER, weights=_behind(made / ADAPTER, found.weights))
        shutil.rmtree(out, ignore_errors=True)
        made.rename(out)
    return found


class OutTakenError(ValueError):
    """The folder has something in it that this command did not write: name another one."""


def _require_own(out: Path, base: str) -> None:
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not (out / ADAPTER).is_file() or out.resolve() == Path(base).resolve():
        raise OutTakenError(
            f"--out {out} has other things in it, or is the base itself: name a folder that is not there yet"
        )


def _behind(path: Path, weights: Floats) -> Floats:
    """Return the new matrix behind the one that the base has, if it has one."""
    if not path.is_file():
        return weights
    with np.load(path, allow_pickle=False) as stored:
        return np.asarray(stored["weights"] @ weights, dtype=np.float32)


def _encoded(encoder: Encoder, texts: tuple[str, ...]) -> Floats:
    parts = [encoder.encode(texts[start : start + 256]) for start in range(0, len(texts), 256)]
    return np.concatenate(parts) if parts else np.empty((0, encoder.dimensions), dtype=np.float32)
