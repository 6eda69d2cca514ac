"""The analysis node: embedding, sentiment and escalation scores of a batch of texts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from db.records import Analysis
from embeddings.encoder import Encoder
from embeddings.escalation import EscalationModel
from embeddings.sentiment import SentimentHead

SLICE = 4
"""Texts that are analysed at a time. Between two slices others get their turn, and a call whose caller is gone ends."""


class AnalysisNode:
    """Encodes in one thread, which keeps the event loop free; more would not help, as the encoder has one core."""

    def __init__(self, *, encoder: Encoder, sentiment: SentimentHead, escalation: EscalationModel) -> None:
        """Raises HeadNotUsableError when the sentiment head reads vectors of another encoder."""
        sentiment.head.require_encoder(encoder.model_id)
        self._encoder = encoder
        self._sentiment = sentiment
        self._escalation = escalation
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="encoder")

    @property
    def model_id(self) -> str:
        """The id of the encoder that makes the vectors."""
        return self._encoder.model_id

    async def analyse(self, texts: Sequence[str]) -> list[Analysis]:
        """Return the L2-normalised vector, the sentiment in [0, 1] and the escalation scores of each text, in order.

        A cancelled call ends after the slice that runs: a thread can't be stopped.
        """
        loop = asyncio.get_running_loop()
        analyses: list[Analysis] = []
        for start in range(0, len(texts), SLICE):
            work = partial(self._analyse, list(texts[start : start + SLICE]))
            analyses += await loop.run_in_executor(self._thread, work)
        return analyses

    async def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        """Return the L2-normalised vector of each text, in order."""
        work = partial(self._encoder.encode, list(texts))
        vectors = await asyncio.get_running_loop().run_in_executor(self._thread, work)
        return [tuple(row) for row in vectors.tolist()]

    def _analyse(self, texts: list[str]) -> list[Analysis]:
        vectors = self._encoder.encode(texts)
        sentiments = self._sentiment.score(texts, vectors)
        escalations = self._escalation.message_scores(texts)
        return [
            Analysis(
                model_id=self._encoder.model_id,
                vector=tuple(vector.tolist()),
                sentiment=float(sentiment),
                escalation=escalation,
            )
            for vector, sentiment, escalation in zip(vectors, sentiments, escalations, strict=True)
        ]
