"""Puts a model into service: its passages beside the old ones, every replica warm, then one change; and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from db import embedding_models
from db.embedding_models import Kind, RegisteredModel, Replica
from db.pool import Pool, acquire, transaction
from embeddings.arrays import Floats
from embeddings.beside import embed_missing
from embeddings.encoder import BUILT_IN, Encoder
from embeddings.kept_models import located, written_down
from embeddings.relevance import RelevanceGate
from embeddings.vector_model import RELEVANCE
from embeddings.workbench.registry.candidate import licence_of
from embeddings.workbench.sameness import stored

LOOK_S = 0.5
SETTLE_S = 5.0
"""Every node has looked at the registered models within so many seconds (deployments.agent.live_gate)."""
WARM_S = 180.0


class SwitchError(Exception):
    """The model could not be put into service. The one before is in service as it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What hears how far the work is: texts that the gate has encoded of how many, passages embedded of how many, and
    which replicas are not warm yet."""

    encoded: Callable[[int, int], None] = lambda _done, _of: None
    embedded: Callable[[int, int], None] = lambda _done, _of: None
    waiting: Callable[[Sequence[Replica]], None] = lambda _replicas: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The models of one product. `configured`: what its settings name, in service until another is.

    `own_names`: the company's, left out of what is embedded · `models`: where its data directory keeps models, if it
    has one · `settle_s`, `warm_s`: how long is waited for the nodes.
    """

    pool: Pool
    configured: str
    own_names: Sequence[str] = ()
    models: Path | None = None
    progress: Progress = field(default_factory=Progress)
    settle_s: float = SETTLE_S
    warm_s: float = WARM_S

    async def current(self) -> RegisteredModel:
        """Return the model in service, registered if it was not."""
        async with acquire(self.pool) as connection:
            found = await embedding_models.in_force(connection)
            models = await embedding_models.registered(connection)
        if found.model_id is not None:
            return models[found.model_id]
        licence = await asyncio.to_thread(licence_of, self.configured)
        model = await asyncio.to_thread(described, self.configured, self.models, licence=licence)
        async with acquire(self.pool) as connection:
            if model.model_id not in models:
                await embedding_models.register(connection, model)
        return models.get(model.model_id, model)

    def folder_of(self, model: RegisteredModel) -> str:
        """Return what Encoder opens."""
        return located(model.folder, self.models)

    async def put_in_service(self, model: RegisteredModel, *, kind: Kind) -> int:
        """Do all of it; broken off, it goes on where it was. Return how many passages were embedded.

        Raises SwitchError, ModelNotFoundError, ModelNotUsableError, DatabaseUnavailableError.
        """
        async with self.alone():
            old = await self.current()
            if old.model_id == model.model_id:
                raise SwitchError(f"{model.model_id} is in service already")
            folder = self.folder_of(model)
            encoder = await asyncio.to_thread(Encoder, folder, 2)
            if encoder.model_id != model.model_id:
                raise SwitchError(f"{folder} holds {encoder.model_id} now, not {model.model_id}")
            async with transaction(self.pool) as connection:
                await embedding_models.index_passages(connection, model.model_id, encoder.dimensions)
            done = await self.embed(encoder, old.model_id)
            await self._warm(model.model_id)
            while not await self._switch(model.model_id, old.model_id, kind):
                done += await self.embed(encoder, old.model_id)
            return done

    async def give_up(self) -> str | None:
        """End a promotion that was broken off while replicas were being warmed; return its model."""
        async with self.alone():
            async with acquire(self.pool) as connection:
                left = (await embedding_models.in_force(connection)).warming
                if left:
                    await embedding_models.warm(connection, None)
            return left

    async def before(self) -> RegisteredModel:
        """Return the model that the one in service has replaced. Raises SwitchError when there is none."""
        current = await self.current()
        async with acquire(self.pool) as connection:
            replaced = await embedding_models.replaced_by(connection, current.model_id)
            models = await embedding_models.registered(connection)
        if replaced is None:
            raise SwitchError(f"{current.model_id} has replaced no other model: there is nothing to go back to")
        if replaced not in models:
            raise SwitchError(f"{replaced}, which {current.model_id} has replaced, was removed: promote another model")
        return models[replaced]

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Keep other commands from changing models meanwhile. Raises SwitchError."""
        async with acquire(self.pool) as connection:
            if not await embedding_models.try_lock(connection):
                raise SwitchError("another command is putting a model into service: wait for it, or end it")
            yield  # the lock goes with the connection, whatever happens to this process

    async def embed(self, encoder: Encoder, of: str) -> int:
        """Embed what the new model lacks of the old one's passages; return how many."""

        async def encode(texts: list[str]) -> Floats:
            return await asyncio.to_thread(encoder.encode, texts)

        return await embed_missing(
            self.pool,
            of=of,
            to=encoder.model_id,
            encode=encode,
            own_names=self.own_names,
            told=self.progress.embedded,
        )

    async def _warm(self, model_id: str) -> None:
        """Have every replica load the model beside its own. Raises SwitchError when one can't, or none answers."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        async with acquire(self.pool) as connection:
            await embedding_models.warm(connection, model_id)
        while True:
            async with acquire(self.pool) as connection:
                replicas = await embedding_models.replicas(connection)
            cold = [one for one in replicas if model_id not in (one.warm, one.serves)]
            settled = not replicas or loop.time() - start >= self.settle_s
            if not cold and settled:
                return
            self.progress.waiting(cold)
            if broken := [one.problem for one in cold if one.problem]:
                await self._cooled(f"a replica can't load it: {broken[0]}")
            if loop.time() - start > self.warm_s:
                await self._cooled(
                    f"{len(cold)} of {len(replicas)} replicas had not loaded it after {self.warm_s:.0f} s"
                )
            await asyncio.sleep(LOOK_S)

    async def _cooled(self, problem: str) -> None:
        async with acquire(self.pool) as connection:
            await embedding_models.warm(connection, None)
        raise SwitchError(problem)

    async def _switch(self, to: str, replaced: str, kind: Kind) -> bool:
        async with transaction(self.pool) as connection:
            return await embedding_models.switch(connection, to=to, replaced=replaced, kind=kind)


def described(
    model: str,
    models: Path | None = None,
    *,
    parent: str | None = None,
    licence: str = "",
    data_sha256: str = "",
    metrics: Mapping[str, Any] | None = None,
) -> RegisteredModel:
    """Describe a built-in model, or one in a folder (of `models`, it may be) with its heads, for the registry.

    Raises ModelNotFoundError, ModelNotUsableError, HeadNotUsableError.
    """
    encoder = Encoder(model)
    gate = RelevanceGate.load(encoder.heads / RELEVANCE)
    return RegisteredModel(
        model_id=encoder.model_id,
        folder=model if model == BUILT_IN else written_down(Path(model), models),
        dimensions=encoder.dimensions,
        parent=parent,
        licence=licence,
        data_sha256=data_sha256,
        metrics=metrics or {},
        threshold=gate.threshold,
        ask_from=gate.ask_from,
        same_from=stored(encoder.heads),
    )
