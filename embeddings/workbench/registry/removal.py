"""Removes a model that the product needs no more: its vectors, their index, its files, its entry."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

from db import embedding_models, shadow
from db.embedding_models import IndexBusyError, RegisteredModel
from db.pool import acquire, transaction
from embeddings.encoder import BUILT_IN
from embeddings.workbench.registry.service import Service, SwitchError

BATCH = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """How many passages went, and the folder that was deleted, if it lay among those that the product keeps."""

    passages: int
    folder: Path | None


async def remove(service: Service, model_id: str) -> Removed:
    """Remove a model that is neither in service nor what a rollback goes to, nor in the shadow.

    The built-in model, and a folder that lies elsewhere, lose their vectors and entry only; of one that is not
    registered, as that of an older release, there are no more. Broken off, the same again goes on. Raises SwitchError.
    """
    async with service.alone():
        model = await _removable(service, model_id)
        try:  # the index first: by its passages one that is not registered is known, when this is done again
            async with transaction(service.pool) as connection:
                await embedding_models.drop_passages_index(connection, model_id)
        except IndexBusyError as busy:
            raise SwitchError(str(busy)) from None
        passages = await _delete_passages(service, model_id)
        folder = await asyncio.to_thread(_delete_folder, service, model)
        async with acquire(service.pool) as connection:
            await embedding_models.forget(connection, model_id)
    return Removed(passages=passages, folder=folder)


async def _removable(service: Service, model_id: str) -> RegisteredModel | None:
    current = await service.current()
    async with acquire(service.pool) as connection:
        models = await embedding_models.registered(connection)
        before = await embedding_models.replaced_by(connection, current.model_id)
        warming = (await embedding_models.in_force(connection)).warming
        run = await shadow.running(connection)
        vectors = await embedding_models.vectors(connection)
    if model_id not in models and model_id not in vectors:
        raise SwitchError(f"no model is called {model_id!r}: `nightdesk embeddings list` names them")
    if model_id == current.model_id:
        raise SwitchError(f"{model_id} is in service")
    if model_id == before:
        raise SwitchError(f"{model_id} is what `nightdesk embeddings rollback` goes back to")
    if model_id == warming:
        raise SwitchError(f"{model_id} is being promoted: `nightdesk embeddings rollback` gives that up")
    if run is not None and model_id == run.model_id:
        raise SwitchError(f"{model_id} is in the shadow: `nightdesk embeddings shadow stop` ends that")
    return models.get(model_id)


async def _delete_passages(service: Service, model_id: str) -> int:
    total = 0
    while True:
        async with transaction(service.pool) as connection:
            done = await embedding_models.delete_passages(connection, model_id, limit=BATCH)
        total += done
        if done < BATCH:
            return total


def _delete_folder(service: Service, model: RegisteredModel | None) -> Path | None:
    """Delete a model's folder where the product keeps it, unless EMBEDDING_MODEL names it."""
    if model is None or model.folder == BUILT_IN or service.models is None:
        return None
    if Path(service.configured).resolve() == Path(service.folder_of(model)).resolve():
        return None
    kept = Path(service.folder_of(model)).resolve().parent
    if kept != service.models.resolve() / model.model_id or not kept.is_dir():
        return None
    shutil.rmtree(kept)
    return kept
