"""The relevance gate over the knowledge base as it is now: its words are counted anew after each change.

Another encoder that was put in force brings its own thresholds, which the store has; one that a team has tuned goes
before those.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from db import embedding_models, knowledge, tuning
from db.pool import Pool, acquire
from embeddings.relevance import RelevanceGate

LOOK_EVERY_S = 2.0
"""How old the knowledge base's version may be that is believed to hold."""


class LiveGate:
    """Keeps a gate's speller in step with the stored passages. `clock` is monotonic, in seconds.

    With `tuned` False the gate's own threshold stays, whatever the store has.
    """

    def __init__(self, gate: RelevanceGate, *, pool: Pool, clock: Callable[[], float], tuned: bool = True) -> None:
        self._gate, self._pool, self._clock = gate, pool, clock
        self._tuned, self._threshold = tuned, gate.threshold
        self._version: tuple[str, int] | None = None
        self._look_at = float("-inf")
        self._lock = asyncio.Lock()

    async def current(self) -> RelevanceGate:
        """Return the gate. Raises DatabaseUnavailableError."""
        async with self._lock:
            if self._clock() >= self._look_at:
                await self._look()
                self._look_at = self._clock() + LOOK_EVERY_S
        return self._gate

    async def _look(self) -> None:
        async with acquire(self._pool) as connection:
            model_id = (await embedding_models.in_force(connection)).model_id or self._gate.model_id
            models = await embedding_models.registered(connection)
            changed = (await tuning.in_force(connection)).relevance if self._tuned else {}
            version = model_id, await knowledge.version(connection, model_id)
            texts = None if version == self._version else await knowledge.texts(connection, model_id)
        thresholds = {one.model_id: (changed.get(one.model_id, one.threshold), one.ask_from) for one in models.values()}
        threshold = changed.get(self._gate.model_id, self._threshold)
        self._gate = replace(self._gate, threshold=threshold, of_models=thresholds)
        if texts is not None:
            self._gate = await asyncio.to_thread(self._gate.over, texts)
            self._version = version
