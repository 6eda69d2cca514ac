"""Judges which of the passages that a search found answers a question, and whether any does (requirement G8).

Question and passages are read apart by a tuned encoder and compared token by token: each token of the question looks
for the nearest token of the passage, and weighs as much as the model says. What a passage's tokens are is kept, so a
question costs a pass over itself. In a reading the shares of the passages and of "none answers" sum to 1.
Tuned by `python -m embeddings.workbench.answers train` on other companies' questions; late interaction after ColBERT
(https://arxiv.org/abs/2004.12832).
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from embeddings.arrays import Floats
from embeddings.encoder import BUILT_IN, model_files
from embeddings.heads import HEADS, HeadNotUsableError
from embeddings.lexical import SENTENCE_END, terms
from embeddings.text_model import TextModel

Halves = NDArray[np.float16]

MODEL = HEADS / "judge.onnx"
WIDTH = 128
"""Of a token's vector."""
CHANNELS = WIDTH + 2
"""What the model says of a token: its unit vector, what it weighs in a question, what it says for "none answers"."""
CANDIDATES = 20
"""Passages that a search hands to the judge: of a hundred questions 97 have their answer among them."""
LEAST_TERMS = 2
"""Words with content that make a question of its own; "Is that so?" has none."""
MOST_QUESTIONS = 2
KEPT_PASSAGES = 4000
"""Passages whose tokens are kept in memory, about 35 kB each; those least lately judged go first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How likely each passage answers, in the order given, and how likely none does; each in [0, 1]."""

    shares: tuple[float, ...]
    none: float

    @property
    def order(self) -> list[int]:
        """The passages' places, the likeliest answer first."""
        return likeliest_first(self.shares)


class PassageJudge:
    """The model, its weights for the two signals, and the passages read before. Called by one thread at a time."""

    def __init__(self, model: TextModel, *, scale: tuple[float, float], bias: float) -> None:
        """`scale`: what the comparison of tokens and the shared encoder's cosine weigh · `bias`: of "none answers"."""
        self._model = model
        self._scale = scale
        self._bias = bias
        self._read: OrderedDict[str, Halves] = OrderedDict()

    @classmethod
    def load(cls, path: Path = MODEL) -> Self:
        """Read the model, by default the one of the repository; raises HeadNotUsableError with the file's name."""
        try:
            model = TextModel(path, model_files(BUILT_IN).tokenizer)
            compared, cosine = json.loads(model.metadata["scale"])
            return cls(model, scale=(compared, cosine), bias=float(model.metadata["bias"]))
        except Exception as error:  # ONNX Runtime's errors have no common class
            raise HeadNotUsableError(f"{path} is not a judge of passages: {error}") from error

    def judge(self, text: str, passages: Sequence[str], cosines: Sequence[float]) -> Judgement:
        """Judge passages (as `passage_text` gives them) by their cosines with the text, of the shared encoder.

        Of several `readings` of the text a passage is as likely as in the one that favours it.
        """
        if not passages:
            return Judgement(shares=(), none=1.0)
        known, near = self._known(passages), np.asarray(cosines, dtype=np.float32)
        shares = np.stack([self._shares(asked, known, near) for asked in self._tokens(readings(text))])
        return Judgement(shares=tuple(shares[:, :-1].max(axis=0).tolist()), none=float(shares[:, -1].min()))

    def _shares(self, asked: Floats, passages: Sequence[Halves], cosines: Floats) -> Floats:
        """Return (passages + 1,): the share of each, and last of none, for one reading (tokens, CHANNELS)."""
        weights = asked[:, WIDTH] / asked[:, WIDTH].sum()
        compared = np.array([_compared(asked, weights, passage) for passage in passages])
        none = self._bias + float(weights @ asked[:, WIDTH + 1])
        logits = np.append(self._scale[0] * compared + self._scale[1] * cosines, none)
        odds = np.exp(logits - logits.max())
        return np.asarray(odds / odds.sum(), dtype=np.float32)

    def _known(self, passages: Sequence[str]) -> list[Halves]:
        """Return the vectors (tokens, WIDTH) of each passage's tokens, reading those that are new."""
        new = [text for text in dict.fromkeys(passages) if text not in self._read]
        for text, tokens in zip(new, self._tokens(new), strict=True):
            self._read[text] = tokens[:, :WIDTH].astype(np.float16)
        for text in passages:
            self._read.move_to_end(text)
        found = [self._read[text] for text in passages]
        while len(self._read) > KEPT_PASSAGES:
            self._read.popitem(last=False)
        return found

    def _tokens(self, texts: Sequence[str]) -> list[Floats]:
        """Return (tokens, CHANNELS) of each text, without padding."""
        found: dict[int, Floats] = {}
        for rows, output, mask in self._model.run(texts):
            for row, channels, own in zip(rows, output, mask, strict=True):
                found[row] = channels[: int(own.sum())]
        return [found[row] for row in range(len(texts))]


def likeliest_first(shares: Sequence[float]) -> list[int]:
    """Return the places of shares, the largest first."""
    return sorted(range(len(shares)), key=lambda place: -shares[place])


def readings(text: str) -> list[str]:
    """Return a text, and each of its questions where it asks several: their answers would share what speaks for them.

    A single question stays in its story, which says what "it" is.
    """
    asked = [line.strip() for line in SENTENCE_END.split(text) if line.rstrip().endswith("?")]
    alone = [line for line in asked if len(terms(line)) >= LEAST_TERMS]
    return [text, *alone[:MOST_QUESTIONS]] if len(alone) > 1 else [text]


def passage_text(title: str, content: str) -> str:
    """Return a section as the judge reads it."""
    return f"{title}. {content}"


def _compared(asked: Floats, weights: Floats, passage: Halves) -> float:
    """Return the weighted mean over the question's tokens of the cosine with the passage's nearest token."""
    nearest = (asked[:, :WIDTH] @ passage.T.astype(np.float32)).max(axis=1)
    return float(weights @ nearest)
