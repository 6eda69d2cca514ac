"""Puts a model into the shadow of the one in service: its thresholds, its passages, and the run that compares both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from db import embedding_models, shadow
from db.embedding_models import RegisteredModel
from db.pool import acquire, transaction
from embeddings.encoder import Encoder
from embeddings.workbench.idle import Apart, in_idle_class
from embeddings.workbench.registry.candidate import licence_of, served_form
from embeddings.workbench.registry.gate import require_usable
from embeddings.workbench.registry.heads import calibrate_relevance
from embeddings.workbench.registry.room import keep, room
from embeddings.workbench.registry.service import Service, SwitchError, described


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadowing:
    """`model`: a folder, or the id of a model that is registered · `models`: where models are kept, for all replicas ·
    `every`: as Gate's · `apart`: as Promotion's."""

    service: Service
    model: str
    models: Path
    every: int = 1
    told: Callable[[str], None] = lambda _what: None
    apart: Apart = in_idle_class

    async def begin(self, *, share: float, lasts: timedelta) -> RegisteredModel:
        """Make all ready and begin; broken off, the same again goes on.

        Raises SwitchError, shadow.ShadowRunsError, and what a model's files can be wrong with.
        """
        async with self.service.alone():
            base = await self.service.current()
            async with acquire(self.service.pool) as connection:
                if await shadow.running(connection) is not None:
                    raise SwitchError("a model is in the shadow already; `nightdesk embeddings shadow stop` ends it")
            model = await self._ready(base)
            encoder = await asyncio.to_thread(Encoder, self.service.folder_of(model), 2)
            async with transaction(self.service.pool) as connection:
                await embedding_models.index_passages(connection, model.model_id, encoder.dimensions)
            await self.service.embed(encoder, base.model_id)
            async with acquire(self.service.pool) as connection:
                until = datetime.now(UTC) + lasts
                await shadow.start(connection, model.model_id, base.model_id, share=share, until=until)
        return model

    async def _ready(self, base: RegisteredModel) -> RegisteredModel:
        """Return the model, kept and registered, with thresholds of its own."""
        async with acquire(self.service.pool) as connection:
            known = await embedding_models.registered(connection)
        found = known.get(self.model)
        if found is None:
            found = await self._made(base, known)
        if found.model_id == base.model_id:
            raise SwitchError(f"{found.model_id} is in service already")
        return found

    async def _made(self, base: RegisteredModel, known: dict[str, RegisteredModel]) -> RegisteredModel:
        await asyncio.to_thread(self.models.mkdir, parents=True, exist_ok=True)
        with room(self.models) as work:
            folder = await self.apart(lambda: served_form(self.model, work))
            encoder = await self.apart(lambda: require_usable(folder))
            model_id = encoder.model_id
            there = model_id in known and await asyncio.to_thread(Path(self.service.folder_of(known[model_id])).exists)
            if there or model_id == base.model_id:
                return known[model_id]
            self.told("choosing from which share on its passages answer")
            await self.apart(lambda: calibrate_relevance(encoder, folder, every=self.every))
            kept = await asyncio.to_thread(keep, folder, model_id, self.models)
        model = await asyncio.to_thread(
            described, str(kept), self.service.models, parent=base.model_id, licence=licence_of(self.model)
        )
        async with acquire(self.service.pool) as connection:
            await embedding_models.register(connection, model)
        return model
