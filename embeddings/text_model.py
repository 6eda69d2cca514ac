"""Runs a transformer on ONNX Runtime over texts, in batches of like length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort
from tokenizers import Encoding, Tokenizer

from embeddings.arrays import Floats, Mask

MAX_TOKENS = 256
"""What MiniLM-L6-v2 was configured for; a longer text is read up to here and the rest is ignored."""
TOKENS_A_RUN = 2048
"""Padded tokens in one call of the model: bounds the memory of a batch of long texts (about 60 MB)."""
PADDING_A_RUN = 32
"""Padded tokens that cost about as much as the fixed part of another run of the model."""


Text = str | tuple[str, str]
"""A text, or a pair that the model reads together."""


class TextModel:
    """An ONNX file and its tokenizer; `width` is the size of its output's last axis.

    `threads` is the number of threads inside one run; calls from several threads are safe. Unreadable files
    raise ONNX Runtime's and the tokenizer's own errors, which don't name the file.
    """

    def __init__(self, onnx: Path, tokenizer: Path, threads: int = 1) -> None:
        self._tokenizer = load_tokenizer(tokenizer)
        self._session = _open_session(onnx, threads)
        self._inputs = {given.name for given in self._session.get_inputs()}
        self.width = int(self._session.get_outputs()[0].shape[-1])

    @property
    def metadata(self) -> dict[str, str]:
        """The custom metadata of the ONNX file."""
        return dict(self._session.get_modelmeta().custom_metadata_map)

    def run(self, texts: Sequence[Text]) -> Iterator[tuple[list[int], Floats, Mask]]:
        """Yield for each batch the row numbers of its texts, the model's first output, and the attention mask.

        Texts of like length run together, so padding costs little; every text is in one batch.
        """
        encodings = self._tokenizer.encode_batch(list(texts))
        for rows in _runs_of_like_length([len(encoding.ids) for encoding in encodings]):
            yield rows, *self._run([encodings[row] for row in rows])

    def _run(self, encodings: Sequence[Encoding]) -> tuple[Floats, Mask]:
        width = max(len(encoding.ids) for encoding in encodings)
        ids, mask, types = (np.zeros((len(encodings), width), dtype=np.int64) for _ in range(3))
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
            types[row, : len(encoding.ids)] = encoding.type_ids
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        output = self._session.run(None, {name: feeds[name] for name in self._inputs})[0]
        return np.asarray(output, dtype=np.float32), mask


def load_tokenizer(path: Path) -> Tokenizer:
    """Read a tokenizer that truncates at MAX_TOKENS and does not pad."""
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
    """Yield row numbers, shortest text first, cut where padding would cost more than another run."""
    run: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        padding = sum(lengths[row] - lengths[other] for other in run)
        if run and ((len(run) + 1) * lengths[row] > TOKENS_A_RUN or padding > PADDING_A_RUN):
            yield run
            run = []
        run.append(row)
    if run:
        yield run
