"""Finds candidates among the hand-overs that people have resolved: what they answered and no document says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Protocol

import numpy as np
import structlog

from db import embedding_models, knowledge
from db.ids import new_id
from db.pool import Connection, DatabaseUnavailableError, Pool, acquire, transaction
from db.records import QueryVector
from db.staff import learned
from db.staff.learned import NewEntry, Outcome, ResolvedHandOver
from deployments.learning.cleaning import answer_of, title_of
from deployments.learning.findings import Checks, Finding
from deployments.rules.company import Company
from deployments.runtime.retries import NodeUnavailableError
from deployments.staff.scrubbing import question
from embeddings.judge import passage_text
from embeddings.lexical import without_own_names

EVERY_S = 60.0
AT_ONCE = 20
"""Hand-overs that one run looks at: each is encoded by the nodes that answer customers."""
LOOKS_BACK = timedelta(days=90)
MOST_WAITING = 200
"""Candidates that wait for a decision. While there are as many, nothing is looked at: nobody reads more."""
SAME = 0.74
"""Least cosine at which two say the same to the encoder that ships; of one that was promoted the registry has its own.

What the documents have is known in 97 of 100 cases by its whole text, in 58 by half of it; of what they lack 9 in 1,000
are taken for known (`python -m evaluation.learning`)."""
NEVER_ANSWERED = frozenset({"pricing", "refund", "legal"})
"""Reasons of hand-overs about which the agent says nothing whatever it has read."""
_ATTACKS = frozenset({"instructions", "markup", "encoded", "characters"})

log = structlog.get_logger(__name__)


class Embedder(Protocol):
    """Encodes a text; as deployments.analysis_node."""

    async def embed_query(self, text: str) -> QueryVector: ...


class CandidateFinder:
    """A periodic task. Without `allowed` (LEARN_FROM_CUSTOMERS) it finds nothing, and still forgets what was learned
    from customers who object by now."""

    def __init__(
        self,
        *,
        pool: Pool,
        analysis: Embedder,
        company: Company,
        allowed: bool,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pool, self._analysis, self._company, self._clock = pool, analysis, company, clock
        self._allowed = allowed
        self._checks = Checks(company, ())

    async def run_once(self) -> Counter[Outcome]:
        """Look at some hand-overs; return what became of them. Raises DatabaseUnavailableError.

        While no analysis node answers, the rest is left for the next time.
        """
        seen: Counter[Outcome] = Counter()
        try:
            for row in await self._due():
                seen[await self._settle(row)] += 1
        except NodeUnavailableError as error:
            log.info("learning_waits", cause=str(error))
        if seen:
            log.info("hand_overs_looked_at", outcomes=dict(seen))
        return seen

    async def _due(self) -> Sequence[ResolvedHandOver]:
        async with transaction(self._pool) as connection:
            if forgotten := await learned.forget_objected(connection):
                log.info("learned_entries_forgotten", entries=forgotten)
            if not self._allowed or await learned.count_waiting(connection) >= MOST_WAITING:
                return ()
            return await learned.due(connection, self._clock() - LOOKS_BACK, limit=AT_ONCE)

    async def _settle(self, row: ResolvedHandOver) -> Outcome:
        """Look at a hand-over. One that fails by itself is put away, else nothing behind it would be looked at."""
        try:
            return await self._look(row)
        except (NodeUnavailableError, DatabaseUnavailableError):
            raise
        except Exception:
            log.exception("hand_over_not_read", hand_over_id=str(row.hand_over_id))
            async with acquire(self._pool) as connection:
                await learned.mark(connection, row.hand_over_id, "no_answer")
            return "no_answer"

    async def _look(self, row: ResolvedHandOver) -> Outcome:
        names = (*row.names, *row.staff, *(name.title() for name in row.staff))
        answer = answer_of(row.replies, names)
        if row.text is None or row.reason in NEVER_ANSWERED or not answer:
            outcome: Outcome = "objection" if row.text is None else "topic" if answer else "no_answer"
            async with acquire(self._pool) as connection:
                await learned.mark(connection, row.hand_over_id, outcome)
            return outcome
        title = title_of(question(row.channel, row.subject, row.text, names))
        vector = await self._embed(title, answer)
        await self._renew(vector.model_id)
        async with transaction(self._pool) as connection:
            outcome = await self._file(connection, row, title, answer, vector)
            await learned.mark(connection, row.hand_over_id, outcome)
        return outcome

    async def _file(
        self, connection: Connection, row: ResolvedHandOver, title: str, answer: str, vector: QueryVector
    ) -> Outcome:
        """Keep what is new as a candidate, and count what was asked before."""
        embedding = np.asarray(vector.vector, dtype=np.float32)
        same = await embedding_models.same_from(connection, vector.model_id) or SAME
        entry = await learned.nearest(connection, vector.model_id, embedding)
        if entry is not None and entry[1] >= same:
            await learned.ask_again(connection, row.ticket_id, entry[0])
            return "entry"
        found = await knowledge.search(connection, vector.model_id, embedding, limit=1)
        if found and found[0].score >= same:
            return "known"
        new = NewEntry(
            entry_id=new_id(),
            ticket_id=row.ticket_id,
            title=title,
            answer=answer,
            source_findings=[asdict(one) for one in self._attacks(f"{row.subject}\n{row.text}")],
            nearest_title=found[0].title if found else None,
            nearest_cosine=found[0].score if found else None,
            embedding_model=vector.model_id,
            embedding=embedding,
        )
        await learned.add(connection, new)
        return "entry"

    def _attacks(self, written: str) -> list[Finding]:
        """Return what of the customer's own words looks like an attack: it has to be confirmed, whatever was kept."""
        return [
            Finding(code=f"customer_{one.code}", detail=f"the customer's message {one.detail}", blocks=False)
            for one in self._checks.of_text(written)
            if one.code in _ATTACKS
        ]

    async def _embed(self, title: str, answer: str) -> QueryVector:
        return await self._analysis.embed_query(without_own_names(passage_text(title, answer), self._company.own_names))

    async def _renew(self, model_id: str) -> None:
        """Give entries that another encoder read the vectors of the one in force, or the same would not be found."""
        while True:
            async with acquire(self._pool) as connection:
                stale = await learned.of_other_models(connection, model_id, limit=AT_ONCE)
            if not stale:
                return
            for entry_id, title, answer in stale:
                vector = await self._embed(title, answer)
                if vector.model_id != model_id:
                    raise NodeUnavailableError("another encoder is being put in force")
                row = np.asarray(vector.vector, dtype=np.float32)
                async with acquire(self._pool) as connection:
                    await learned.renew(connection, entry_id, model_id, row, title=title, answer=answer)
