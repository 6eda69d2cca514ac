"""Keeps a replica's encoder in step with the one that the store says is in force."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from db import embedding_models
from db.embedding_models import InForce, Replica
from db.pool import DatabaseUnavailableError, Pool, acquire
from deployments.runtime.store_watch import AGAIN_S, StoreWatch
from embeddings.encoder import ModelNotFoundError, ModelNotUsableError
from embeddings.heads import HeadNotUsableError
from embeddings.kept_models import located
from embeddings.vector_model import VectorModel

log = structlog.get_logger(__name__)


class ModelWatch(StoreWatch):
    """Loads what is to become the model in force beside the one that is, says so in the store, and changes over.

    A model that can't be loaded here leaves the one before at work: its passages stay, so its searches stay right.
    `models`: the folder that keeps them here.
    """

    def __init__(
        self,
        *,
        pool: Pool,
        replica: str,
        current: VectorModel,
        put_in_force: Callable[[VectorModel], None],
        models: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__("model-watch")
        self._pool, self._replica, self._clock = pool, replica, clock
        self._current, self._put_in_force, self._models = current, put_in_force, models
        self._warm: VectorModel | None = None
        self._failed: tuple[str, float] | None = None

    async def stop(self) -> None:
        """Stop, and take the replica off the list: it ends in good order."""
        await super().stop()
        with contextlib.suppress(DatabaseUnavailableError):
            async with acquire(self._pool) as connection:
                await embedding_models.forget_replica(connection, self._replica)

    async def look(self) -> None:
        """Do what the store asks for, once, and report. Raises DatabaseUnavailableError."""
        async with acquire(self._pool) as connection:
            asked = await embedding_models.in_force(connection)
        await self._follow(asked)
        warm = self._warm.encoder.model_id if self._warm else None
        report = Replica(replica=self._replica, serves=self._current.encoder.model_id, warm=warm, problem=self._problem)
        async with acquire(self._pool) as connection:
            await embedding_models.report_replica(connection, report)

    async def _follow(self, asked: InForce) -> None:
        current = self._current.encoder.model_id
        self._problem = ""
        if asked.model_id not in (None, current) and (model := await self._loaded(asked.model_id, asked.folder)):
            self._current, self._warm = model, None
            self._put_in_force(model)
            log.info("model_in_force", model=model.encoder.model_id, before=current)
        if asked.warming is None:
            self._warm = None
        elif model := await self._loaded(asked.warming, asked.warming_folder):
            self._warm = model

    async def _loaded(self, model_id: str | None, folder: str | None) -> VectorModel | None:
        """Return a model that is here or can be read, None when it can't: `_problem` says why."""
        for known in (self._current, self._warm):
            if known is not None and known.encoder.model_id == model_id:
                return known
        if self._failed and self._failed[0] == model_id and self._clock() < self._failed[1]:
            self._problem = f"the model {model_id} in {folder} could not be loaded"
            return None
        try:
            model = await asyncio.to_thread(VectorModel.load, located(folder or "", self._models))
        except (ModelNotFoundError, ModelNotUsableError, HeadNotUsableError) as error:
            self._refuse(str(model_id), str(error))
            return None
        if model.encoder.model_id != model_id:
            self._refuse(str(model_id), f"{folder} holds {model.encoder.model_id}, not {model_id}")
            return None
        return model

    def _refuse(self, model_id: str, problem: str) -> None:
        log.error("model_not_loaded", model=model_id, problem=problem)
        self._failed, self._problem = (model_id, self._clock() + AGAIN_S), problem
