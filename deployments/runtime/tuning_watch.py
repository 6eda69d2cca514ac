"""Keeps a replica's classifier of escalation, and the bound of a known category, in step with the store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from db import tuning
from db.pool import Pool, acquire
from deployments.runtime.store_watch import AGAIN_S, StoreWatch
from embeddings.escalation import EscalationModel
from embeddings.heads import HeadNotUsableError
from embeddings.ticket_labels import UNSURE_BELOW

log = structlog.get_logger(__name__)


class TuningWatch(StoreWatch):
    """Loads a classifier that a team has trained, and puts it in force here. One that can't be loaded leaves the one
    before at work, and the replica says so. `shipped` is in force where the store names none; `models` is the folder
    that keeps the others here.
    """

    def __init__(
        self,
        *,
        pool: Pool,
        shipped: EscalationModel,
        put_in_force: Callable[[EscalationModel, float], None],
        models: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__("tuning-watch")
        self._pool, self._put_in_force, self._models, self._clock = pool, put_in_force, models, clock
        self._shipped = shipped
        self._current, self._model_id, self._unsure_below = shipped, "", UNSURE_BELOW
        self._again_at = float("-inf")

    async def look(self) -> None:
        """Do what the store asks for, once. Raises DatabaseUnavailableError."""
        async with acquire(self._pool) as connection:
            asked = await tuning.in_force(connection)
        unsure_below = UNSURE_BELOW if asked.category is None else asked.category
        model_id = asked.escalation_model["model_id"] if asked.escalation_model else ""
        model = self._current
        if model_id == self._model_id:
            self._problem = ""
        elif self._clock() >= self._again_at:
            model = await self._loaded(asked.escalation_model)
        if model is not self._current or unsure_below != self._unsure_below:
            self._current, self._unsure_below = model, unsure_below
            self._put_in_force(model, unsure_below)

    async def _loaded(self, asked: Mapping[str, str] | None) -> EscalationModel:
        """Return the classifier that is asked for; where it can't be read, the present one: `_problem` says why."""
        try:
            model = await asyncio.to_thread(EscalationModel.kept, asked, self._models) if asked else self._shipped
        except HeadNotUsableError as error:
            log.error("escalation_model_not_loaded", problem=str(error))
            self._problem, self._again_at = str(error), self._clock() + AGAIN_S
            return self._current
        self._problem, self._model_id = "", asked["model_id"] if asked else ""
        log.info("escalation_model_in_force", model=self._model_id or "shipped")
        return model
