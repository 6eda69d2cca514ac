"""An encoder and the heads that read its vectors: what is put in force, and taken out of it, together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from embeddings.encoder import Encoder
from embeddings.heads import HeadNotUsableError
from embeddings.sentiment import SentimentHead
from embeddings.ticket_labels import TicketLabelHeads

SENTIMENT = "sentiment.npz"
RELEVANCE = "relevance.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorModel:
    """Raises HeadNotUsableError when a head reads vectors of another encoder."""

    encoder: Encoder
    sentiment: SentimentHead
    labels: TicketLabelHeads

    def __post_init__(self) -> None:
        self.sentiment.head.require_encoder(self.encoder.model_id)
        self.labels.require_encoder(self.encoder.model_id)

    @classmethod
    def load(cls, model: str) -> Self:
        """Open an encoder by its built-in name or folder, with the heads beside it.

        Raises ModelNotFoundError, ModelNotUsableError, HeadNotUsableError.
        """
        return cls.of(Encoder(model))

    @classmethod
    def of(cls, encoder: Encoder) -> Self:
        """Return an encoder with the heads beside it; raises HeadNotUsableError."""
        require_heads(encoder.heads)
        return cls(
            encoder=encoder,
            sentiment=SentimentHead.load(encoder.heads / SENTIMENT),
            labels=TicketLabelHeads.load(encoder.heads),
        )

    def unsure_below(self, threshold: float) -> Self:
        """Return the same with a category known from another probability on."""
        return replace(self, labels=replace(self.labels, unsure_below=threshold))


def require_heads(folder: Path) -> None:
    """Raise HeadNotUsableError when a model's folder has no heads."""
    names = (SENTIMENT, "category.npz", "priority.npz", RELEVANCE)
    if lacking := [name for name in names if not (folder / name).is_file()]:
        raise HeadNotUsableError(
            f"{folder} has no {', '.join(lacking)}: `nightdesk embeddings promote` trains what reads a model's vectors"
        )
