"""Reads off a message's vector what it is about (category) and how much it presses (priority).

Trained by `python -m embeddings.workbench.ticket_labels train` on English messages, so it is asked about English only.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self, get_args

import numpy as np

from db.records import GENERAL, Category, Priority, TicketLabels
from embeddings.arrays import Floats
from embeddings.heads import HEADS, HeadNotUsableError, LinearHead

CATEGORIES: tuple[Category, ...] = get_args(Category)
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
UNSURE_BELOW = 0.5
"""A category less probable than this is not known. The probabilities are calibrated: below it, wrong is likelier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketLabelHeads:
    """Two heads with calibrated probabilities, of CATEGORIES and of PRIORITIES.

    `unsure_below`: a category less probable is not known.
    """

    category: LinearHead
    priority: LinearHead
    unsure_below: float = UNSURE_BELOW

    @classmethod
    def load(cls, folder: Path = HEADS) -> Self:
        """Read both heads (by default those that ship); raises HeadNotUsableError."""
        category, priority = LinearHead.load(folder / "category.npz"), LinearHead.load(folder / "priority.npz")
        if category.labels != CATEGORIES or priority.labels != PRIORITIES:
            raise HeadNotUsableError(f"the heads of category and priority in {folder} have other labels: train again")
        return cls(category=category, priority=priority)

    def require_encoder(self, model_id: str) -> None:
        """Raise HeadNotUsableError unless both heads were trained on vectors of `model_id`."""
        self.category.require_encoder(model_id)
        self.priority.require_encoder(model_id)

    def labels(self, vectors: Floats) -> list[TicketLabels]:
        """Return the labels of messages with these vectors (n, d)."""
        categories, priorities = self.category.probabilities(vectors), self.priority.probabilities(vectors)
        return [
            TicketLabels(category=self._category(one), category_score=float(one.max()), priority=PRIORITIES[place])
            for one, place in zip(categories, medians(priorities), strict=True)
        ]

    def _category(self, probabilities: Floats) -> str:
        best = int(probabilities.argmax())
        return CATEGORIES[best] if probabilities[best] >= self.unsure_below else GENERAL


def medians(probabilities: Floats) -> np.ndarray:
    """Return the place (n,) of each row's median label, of probabilities (n, k) over ordered labels.

    Unlike the most probable label it can't jump over its neighbours when a row is spread over several.
    """
    return np.asarray((probabilities.cumsum(axis=1) < 0.5).sum(axis=1).clip(max=probabilities.shape[1] - 1))
