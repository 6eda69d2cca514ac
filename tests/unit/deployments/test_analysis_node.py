"""A call of the analysis node whose caller is gone ends after the slice that runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from deployments.analysis_node import SLICE, AnalysisNode


class Slow:
    """Stands for encoder and heads; a slice takes a tenth of a second."""

    model_id = "slow"

    def __init__(self) -> None:
        self.head = self
        self.read: list[str] = []

    def require_encoder(self, model_id: str) -> None:
        pass

    def encode(self, texts: Sequence[str]) -> Any:
        time.sleep(0.1)
        self.read += texts
        return np.ones((len(texts), 1), dtype=np.float32)

    def score(self, texts: Sequence[str], vectors: Any) -> Any:
        return np.full(len(texts), 0.5)

    def message_scores(self, texts: Sequence[str]) -> list[dict[str, float]]:
        return [{"refund": len(text) / 100} for text in texts]


def node(slow: Any) -> AnalysisNode:
    return AnalysisNode(encoder=slow, sentiment=slow, escalation=slow)


async def test_many_texts_are_analysed_in_order() -> None:
    slow = Slow()
    analyses = await node(slow).analyse(["x" * n for n in range(2 * SLICE + 1)])
    assert [analysis.escalation["refund"] for analysis in analyses] == [n / 100 for n in range(2 * SLICE + 1)]
    assert len(slow.read) == 2 * SLICE + 1


async def test_a_cancelled_call_reads_no_further_and_others_go_on() -> None:
    slow = Slow()
    analysis = node(slow)
    abandoned = asyncio.create_task(analysis.analyse(["old"] * 100 * SLICE))
    await asyncio.sleep(0.15)
    abandoned.cancel()
    await asyncio.gather(abandoned, return_exceptions=True)
    async with asyncio.timeout(2):
        await analysis.analyse(["new"])
    assert slow.read.count("old") <= 3 * SLICE
