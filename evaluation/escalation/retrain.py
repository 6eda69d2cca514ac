"""Trains the classifier of escalation on further messages: the encoder that ships, a network over its layers.

It learns from a team's messages together with ours, by many authors and among customers of many trades, so that what is
rare with the team is not forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embeddings.arrays import Floats
from embeddings.escalation import MODEL, EscalationModel
from embeddings.workbench import escalation_data as data
from embeddings.workbench import escalation_layers as layers
from embeddings.workbench.escalation_data import Example
from embeddings.workbench.escalation_layers import Read, Recipe
from embeddings.workbench.sets.near import without_near
from evaluation.escalation import trades
from evaluation.escalation.direct import SETS

SEED = 7
EVERY = 2
"""One of so many of the messages that the encoder was tuned on is read again."""
TWIN = 85.0
"""Per cent of edit similarity from which a message to train with is one that is measured with."""
OWN_WEIGHT, QUESTION_WEIGHT = 2.0, 0.5
"""How much a message counts: a team's and the trades', and questions, which are many and no requests."""
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Messages as the encoder reads them. `weights`: float32 (n,) · `trades`: of each, "" where it is of none."""

    examples: tuple[Example, ...]
    read: Read
    weights: Floats
    trades: tuple[str, ...]

    def without(self, trade: str) -> Known:
        """Return them without a trade's."""
        kept = [row for row, own in enumerate(self.trades) if own != trade]
        return Known(
            examples=tuple(self.examples[row] for row in kept),
            read=Read(states=self.read.states[kept], logits=self.read.logits[kept]),
            weights=self.weights[kept],
            trades=tuple(self.trades[row] for row in kept),
        )


def trained(own: Sequence[Example], path: Path, *, told: Told = lambda _what: None) -> EscalationModel:
    """Train on a team's messages and ours, write the classifier to `path`. Near twins of what is measured with go."""
    measured = [example.text for name in SETS for example in data.read_set(name)]
    kept = without_near(own, measured, text=lambda example: example.text, least=TWIN)
    if len(kept) < len(own):
        told(f"{len(own) - len(kept)} messages are left out: the gate measures with nearly the same")
    known = read_all(kept, told=told)
    told(f"training on {len(known.examples):,} messages")
    return fitted(known, path)


def read_all(own: Sequence[Example], *, told: Told = lambda _what: None) -> Known:
    """Read what is trained on: ours, the trades', and a team's own."""
    families = [e for e in data.examples("train", 1) if e.label == "none" or e.kind != "other_language"]
    parts: list[tuple[list[Example], float, str]] = [
        ([*families, *data.voices()][::EVERY], 1.0, ""),
        (data.manual(), QUESTION_WEIGHT, ""),
        (list(own), OWN_WEIGHT, ""),
        (list(data.styled(own, SEED)), OWN_WEIGHT / 2, ""),
    ]
    for name in trades.trade_names():
        messages = trades.trade_messages(name)
        parts += [
            (messages, OWN_WEIGHT, name),
            (list(data.styled(messages, SEED)), OWN_WEIGHT / 2, name),
            (trades.trade_questions([name]), QUESTION_WEIGHT, name),
        ]
    examples = [example for some, _, _ in parts for example in some]
    told(f"reading {len(examples):,} messages")
    return Known(
        examples=tuple(examples),
        read=layers.read(MODEL, [example.whole for example in examples]),
        weights=np.array([weight for some, weight, _ in parts for _ in some], dtype=np.float32),
        trades=tuple(trade for some, _, trade in parts for _ in some),
    )


def fitted(known: Known, path: Path) -> EscalationModel:
    """Train on them, write the classifier to `path` and read it."""
    labels = [example.label for example in known.examples]
    layers.save(layers.fit(known.read, labels, known.weights, Recipe()), MODEL, path)
    return EscalationModel.load(path)
