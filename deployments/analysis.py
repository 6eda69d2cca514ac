"""The analysis node: one encoder pass for a batch of texts gives the vectors and all that hangs on them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from db.records import Analysis
from embeddings.encoder import Encoder
from embeddings.escalation import EscalationHead, message_scores, split_for_escalation
from embeddings.sentiment import SentimentHead


class AnalysisNode:
    """Encodes in a thread of its own, so that the node's loop stays free; one thread, as the encoder has one core."""

    def __init__(self, *, encoder: Encoder, sentiment: SentimentHead, escalation: EscalationHead) -> None:
        """Raises HeadNotUsableError when a head reads vectors of another encoder."""
        sentiment.head.require_encoder(encoder.model_id)
        escalation.require_encoder(encoder.model_id)
        self._encoder = encoder
        self._sentiment = sentiment
        self._escalation = escalation
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="encoder")

    @property
    def model_id(self) -> str:
        """The encoder whose vectors these are."""
        return self._encoder.model_id

    async def analyse(self, texts: Sequence[str]) -> list[Analysis]:
        """Return vector, sentiment and escalation scores of each text, in order."""
        work = partial(self._analyse, list(texts))
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        """Return the L2-normalised vector of each text, in order."""
        work = partial(self._encoder.encode, list(texts))
        vectors = await asyncio.get_running_loop().run_in_executor(self._thread, work)
        return [tuple(row) for row in vectors.tolist()]

    def _analyse(self, texts: list[str]) -> list[Analysis]:
        # A long mail hides a refund in one sentence: its parts are encoded in the same batch as the whole.
        parts = [split_for_escalation(text) for text in texts]
        vectors = self._encoder.encode([*texts, *(part for group in parts for part in group)])
        whole, rest = vectors[: len(texts)], vectors[len(texts) :]
        sentiments = self._sentiment.score(texts, whole)
        ends = np.cumsum([len(group) for group in parts])
        return [
            Analysis(
                model_id=self._encoder.model_id,
                vector=tuple(whole[i].tolist()),
                sentiment=float(sentiments[i]),
                escalation=message_scores(
                    self._escalation, whole[i], rest[ends[i] - len(parts[i]) : ends[i]], [text, *parts[i]]
                ),
            )
            for i, text in enumerate(texts)
        ]
