"""Small linear heads over an encoder's vectors: numpy at serving time, trained by the workbench.

A head is one `.npz` file (`weights`, `bias`, `labels`, `link`, `model_id`) in `embeddings/heads/`, with its
measurements beside it in `<name>.metrics.json`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, cast

import numpy as np

from embeddings.arrays import Floats

HEADS = Path(__file__).parent / "heads"

Link = Literal["softmax", "sigmoid"]


class HeadNotUsableError(Exception):
    """The head's file is missing, damaged or belongs to another encoder. Start-up stops; train it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearHead:
    """`link(features @ weights + bias)`: softmax for exclusive classes, sigmoid for labels that may occur together.

    weights: float32 (d, k) · bias: float32 (k,) · labels: the k columns' names · model_id: the encoder it was
    trained on, or "" when its features are no vectors.
    """

    weights: Floats
    bias: Floats
    labels: tuple[str, ...]
    link: Link
    model_id: str

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read a head; raises HeadNotUsableError with the file's name."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                return cls(
                    weights=stored["weights"].astype(np.float32),
                    bias=stored["bias"].astype(np.float32),
                    labels=tuple(str(label) for label in stored["labels"]),
                    link=_link(str(stored["link"])),
                    model_id=str(stored["model_id"]),
                )
        except (OSError, EOFError, KeyError, ValueError) as error:
            raise HeadNotUsableError(f"{path} is not a head this version can use: {error}") from error

    def save(self, path: Path | str) -> None:
        """Write the file that `load` reads (float32, uncompressed: the same bytes for the same head)."""
        np.savez(
            path,
            weights=self.weights.astype(np.float32),
            bias=self.bias.astype(np.float32),
            labels=np.array(self.labels),
            link=np.array(self.link),
            model_id=np.array(self.model_id),
        )

    def probabilities(self, features: Floats) -> Floats:
        """Return float32 (n, k) for features (n, d); rows sum to 1 with softmax."""
        logits = features @ self.weights + self.bias
        if self.link == "sigmoid":
            return np.asarray(1.0 / (1.0 + np.exp(-logits)), dtype=np.float32)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True), dtype=np.float32)

    def require_encoder(self, model_id: str) -> None:
        """Raise HeadNotUsableError unless the head was trained on vectors of `model_id`."""
        if self.model_id != model_id:
            raise HeadNotUsableError(
                f"this head was trained on {self.model_id!r}, the encoder is {model_id!r}: train it again"
            )


def metrics(name: str) -> dict[str, Any]:
    """Return what was measured when the head `name` was trained (`heads/<name>.metrics.json`)."""
    path = HEADS / f"{name}.metrics.json"
    return cast(dict[str, Any], json.loads(path.read_text(encoding="utf-8")))


def _link(name: str) -> Link:
    if name not in ("softmax", "sigmoid"):
        raise ValueError(f"unknown link {name!r}")
    return cast(Link, name)
