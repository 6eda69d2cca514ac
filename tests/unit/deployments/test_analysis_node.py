"""In which order the analysis node reads: what nobody waits for any more not at all, short texts before long ones."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from db.records import TicketLabels
from deployments.analysis_node import SLICE, AnalysisNode
from embeddings.escalation import MAX_STRETCHES, STRETCH
from embeddings.moods import FURIOUS


class Models:
    """Stand for encoder and heads. A text that contains "hold" keeps them busy until `go`."""

    model_id = "stand-in"

    def __init__(self) -> None:
        self.head = self
        self.read: list[str] = []
        self.began, self.go = threading.Event(), threading.Event()

    def require_encoder(self, model_id: str) -> None:
        pass

    def encode(self, texts: Sequence[str]) -> Any:
        self.read += texts
        self.began.set()
        if any("hold" in text for text in texts):
            self.go.wait(60)
        return np.ones((len(texts), 1), dtype=np.float32)

    def score(self, texts: Sequence[str], vectors: Any) -> Any:
        return np.full(len(texts), 0.5)

    def labels(self, vectors: Any) -> list[TicketLabels]:
        return [TicketLabels(category="technical", category_score=0.9, priority="high")] * len(vectors)

    def detect(self, text: str) -> str:
        return "de" if "ist" in text else "sv" if "och" in text else "en"

    def message_scores(self, texts: Sequence[str]) -> list[dict[str, float]]:
        self.read += [text for text in texts if len(text) > STRETCH // 2]
        none: dict[str, float] = dict.fromkeys(("pricing", "legal", "human_request"), 0.0)
        return [{**none, "refund": len(text) / STRETCH, "none": 0.0} for text in texts]


def node(models: Any) -> AnalysisNode:
    parts = ("encoder", "sentiment", "labels", "escalation", "languages", "judge")
    return AnalysisNode(**dict.fromkeys(parts, models))


async def test_many_texts_are_analysed_in_order() -> None:
    models = Models()
    analyses = await node(models).analyse(["x" * n for n in range(2 * SLICE + 1)])
    assert [analysis.escalation["refund"] for analysis in analyses] == [n / STRETCH for n in range(2 * SLICE + 1)]
    assert len(models.read) == 2 * SLICE + 1


async def test_long_and_short_texts_of_a_call_are_analysed_in_order() -> None:
    lengths = [3, 5 * STRETCH, 4, STRETCH, 2 * STRETCH, 5]
    analyses = await node(Models()).analyse(["x" * length for length in lengths])
    assert [analysis.escalation["refund"] for analysis in analyses] == [min(n, STRETCH) / STRETCH for n in lengths]


async def test_a_cancelled_call_reads_no_further_and_others_go_on() -> None:
    models = Models()
    analysis = node(models)
    abandoned = asyncio.create_task(analysis.analyse(["hold"] * 100 * SLICE))
    await asyncio.to_thread(models.began.wait, 60)
    abandoned.cancel()
    await asyncio.gather(abandoned, return_exceptions=True)
    models.go.set()
    await analysis.analyse(["new"])
    assert models.read == ["hold"] * SLICE + ["new"]


async def test_a_question_behind_twenty_long_texts_is_answered_first() -> None:
    models = Models()
    analysis = node(models)
    done: list[str] = []

    async def analysed(name: str, text: str) -> None:
        await analysis.analyse([text])
        done.append(name)

    calls = [asyncio.create_task(analysed("running", "hold"))]
    await asyncio.to_thread(models.began.wait, 60)
    calls += [asyncio.create_task(analysed("long", "how do I export? " * 600)) for _ in range(20)]
    await asyncio.sleep(0)
    calls.append(asyncio.create_task(analysed("ordinary", "How do I reset my password?")))
    calls.append(asyncio.create_task(_embedded(analysis, done)))
    await asyncio.sleep(0)
    models.go.set()
    await asyncio.gather(*calls)
    assert done == ["running", "search", "ordinary", *["long"] * 20]


async def _embedded(analysis: AnalysisNode, done: list[str]) -> None:
    await analysis.embed(["password"])
    done.append("search")


async def test_one_text_costs_no_more_than_its_stretches() -> None:
    models = Models()
    await node(models).analyse(["so many words. " * 100_000])
    assert len(models.read) == MAX_STRETCHES + 1


async def test_what_the_heads_were_not_measured_in_is_unknown() -> None:
    english, angry, calm, other = await node(Models()).analyse(
        ["Where is it?", "Das ist eine Frechheit!", "Wo ist der Schalter?", "Kaffe och te"]
    )
    assert (english.sentiment, english.labels and english.labels.category) == (0.5, "technical")
    assert angry.sentiment == FURIOUS
    assert (calm.sentiment, other.sentiment) == (None, None)
    assert (angry.labels, calm.labels) == (None, None)
