"""What a model finds for a turn that was decided: the agent's own search and judgement, without the rest of a turn."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from db import knowledge
from db.pool import Pool, acquire
from db.records import Passage, QueryVector, ToolCall, Turn
from db.shadow import Found
from deployments.agent import asking_back, protocol
from deployments.agent.models import questions
from deployments.agent.run_context import PassageSearch, QueryAnalysis, Search, text_of
from deployments.agent.tools import SearchKnowledgeBaseInput, find_passages
from deployments.rules import choices
from embeddings.arrays import Floats
from embeddings.encoder import Encoder
from embeddings.judge import Judgement, PassageJudge
from embeddings.relevance import RelevanceGate

T = TypeVar("T")
LAST = 19
"""The niceness of the thread that reads: every other thread of the machine goes before it."""


class QuietThread:
    """One thread that gets the processor when nothing else wants it."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="shadow", initializer=_step_back)

    async def run(self, work: Callable[[], T]) -> T:
        """Return what `work` returns."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def close(self) -> None:
        """Take nothing more; what runs ends by itself."""
        self._executor.shutdown(wait=False, cancel_futures=True)


class QuietAnalysis:
    """An encoder and a judge, both in the quiet thread."""

    def __init__(self, encoder: Encoder, judge: PassageJudge, thread: QuietThread) -> None:
        self.encoder, self._judge, self._thread = encoder, judge, thread

    async def encode(self, texts: list[str]) -> Floats:
        """Return their vectors (n, d)."""
        return await self._thread.run(lambda: self.encoder.encode(texts))

    async def embed_query(self, text: str) -> QueryVector:
        """Return the vector of one text."""
        [row] = await self.encode([text])
        return QueryVector(model_id=self.encoder.model_id, vector=tuple(row.tolist()))

    async def judge(self, question: str, passages: Sequence[str], cosines: Sequence[float]) -> Judgement:
        """As PassageJudge."""
        return await self._thread.run(lambda: self._judge.judge(question, list(passages), list(cosines)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """What the agent's search needs, with one model."""

    search: PassageSearch
    analysis: QueryAnalysis
    gate: RelevanceGate


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The queries of a turn, in order; `may_ask`: the customer may be asked which passage they mean."""

    queries: tuple[str, ...]
    may_ask: bool


def question_of(turn: Turn, calls: Sequence[ToolCall]) -> Question | None:
    """Return what a turn asked: the queries as recorded, and the second that follows where the first finds nothing.

    None for a choice among passages that we had asked about: there is nothing to search.
    """
    offered = asking_back.open_choices(turn.earlier)
    if choices.chosen(turn.text, offered) is not None:
        return None
    recorded = [str(call.arguments.get("query", "")) for call in calls if call.name == protocol.SEARCH and call.ok]
    earlier = [message.content for message in turn.earlier if message.direction == "inbound"]
    queries = dict.fromkeys([*recorded, questions.second_query(text_of(turn), earlier)])
    asked = tuple(query for query in queries if query.strip())[: protocol.MAX_SEARCHES]
    return Question(queries=asked, may_ask=not offered) if asked else None


async def look(looking: Looking, question: Question) -> tuple[Found, float]:
    """Return what a model finds, and the milliseconds that it took. Raises DatabaseUnavailableError."""
    began = time.monotonic()
    searches: list[Search] = []
    for query in question.queries:
        searches.append(await find_passages(looking, "", SearchKnowledgeBaseInput(query=query)))
        if searches[-1].relevance.ok:
            break
    return _found(searches, may_ask=question.may_ask), (time.monotonic() - began) * 1000


def _found(searches: Sequence[Search], *, may_ask: bool) -> Found:
    best = max(searches, key=lambda search: search.relevance.score)
    slug = best.passages[0].slug if best.passages else None
    if best.relevance.ok:
        return Found(slug=slug, share=best.relevance.score, outcome="answer")
    asks = may_ask and any(search.options for search in searches)
    return Found(slug=slug, share=best.relevance.score, outcome="ask" if asks else "hand_over")


def passages_in(pool: Pool) -> PassageSearch:
    """Return the search over the stored passages."""

    async def search(model_id: str, vector: Floats, *, limit: int, category: str | None) -> Sequence[Passage]:
        async with acquire(pool) as connection:
            return await knowledge.search(connection, model_id, vector, limit=limit, category=category)

    return search


def _step_back() -> None:
    with contextlib.suppress(OSError):  # only Linux knows the niceness of a thread
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LAST)
