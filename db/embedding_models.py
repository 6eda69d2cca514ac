"""The encoders that the product has searched with or may search with, and which of them is in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import asyncpg

from db import knowledge
from db.ids import new_id
from db.knowledge import AddedPassage
from db.pool import Connection
from db.sql import statements

SEEN_S = 10
"""A replica that was not heard of for so many seconds does not count."""
Kind = Literal["promote", "rollback"]
_SQL = statements(__file__)


class ModelChangedError(Exception):
    """Another encoder was put in force meanwhile. Nothing was written; do it again with that one."""


class IndexBusyError(Exception):
    """Searches did not make way for two seconds. The index is there as before; do it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredModel:
    """A model with what was measured at its gate; `folder` is what `embeddings.encoder.Encoder` opens.

    `threshold` and `ask_from` are those of the relevance gate over its cosines; from the cosine `same_from` on two
    texts say the same (None: not measured).
    """

    model_id: str
    folder: str
    dimensions: int
    parent: str | None
    licence: str
    data_sha256: str
    metrics: Mapping[str, Any]
    threshold: float
    ask_from: float
    same_from: float | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The model in force (None: the one that the settings name), and the one that replicas load beside it."""

    model_id: str | None
    folder: str | None
    warming: str | None
    warming_folder: str | None
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A change of the model in force."""

    model_id: str
    replaced: str
    kind: Kind
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """What a replica has loaded; `problem` is why it could not load what it should."""

    replica: str
    serves: str
    warm: str | None
    problem: str


async def register(connection: Connection, model: RegisteredModel) -> None:
    """Write down a model, or what has changed about it."""
    await connection.execute(
        _SQL["register"],
        model.model_id,
        model.folder,
        model.dimensions,
        model.parent,
        model.licence,
        model.data_sha256,
        dict(model.metrics),
        model.threshold,
        model.ask_from,
        model.same_from,
    )


async def registered(connection: Connection) -> dict[str, RegisteredModel]:
    """Return every model by its id, the oldest first."""
    return {row["model_id"]: RegisteredModel(**row) for row in await connection.fetch(_SQL["list"])}


async def same_from(connection: Connection, model_id: str) -> float | None:
    """Return from which cosine on two texts say the same to a model; None where that was not measured."""
    found: float | None = await connection.fetchval(_SQL["same_from"], model_id)
    return found


async def in_force(connection: Connection) -> InForce:
    """Return which model is in force."""
    return InForce(**await connection.fetchrow(_SQL["in_force"]))


async def hold(connection: Connection, model_id: str) -> None:
    """Keep the model in force until the transaction ends. Raises ModelChangedError when it is another one."""
    found = await connection.fetchval(_SQL["hold"])
    if found not in (None, model_id):
        raise ModelChangedError(f"the model in force is {found}, not {model_id}: do it again")


async def warm(connection: Connection, model_id: str | None) -> None:
    """Have every replica load a model; None: no more."""
    await connection.execute(_SQL["warm"], model_id)


async def switch(connection: Connection, *, to: str, replaced: str, kind: Kind) -> bool:
    """Put a model in force, within a transaction; False, and nothing done, when passages still have to be embedded."""
    current = await connection.fetchval(_SQL["hold_alone"])
    if current not in (None, replaced):
        raise ModelChangedError(f"the model in force is {current}, not {replaced}: do it again")
    if await missing(connection, replaced, to, limit=1):
        return False
    await connection.execute(_SQL["remove_surplus"], replaced, to)
    await connection.execute(_SQL["put_in_force"], to)
    await connection.execute(_SQL["note_switch"], new_id(), to, replaced, kind)
    await knowledge.bump_version(connection, to)
    return True


async def switches(connection: Connection) -> list[Switch]:
    """Return every change of the model in force, the newest first."""
    return [Switch(**row) for row in await connection.fetch(_SQL["switches"])]


async def replaced_by(connection: Connection, model_id: str) -> str | None:
    """Return the model whose place this one took when it was promoted last."""
    found: str | None = await connection.fetchval(_SQL["replaced_by"], model_id)
    return found


async def report_replica(connection: Connection, replica: Replica) -> None:
    """Write what a replica has loaded."""
    await connection.execute(_SQL["report_replica"], replica.replica, replica.serves, replica.warm, replica.problem)


async def forget_replica(connection: Connection, replica: str) -> None:
    """Take a replica off the list."""
    await connection.execute(_SQL["forget_replica"], replica)


async def replicas(connection: Connection) -> list[Replica]:
    """Return the replicas that were heard of lately."""
    return [Replica(**row) for row in await connection.fetch(_SQL["replicas"], float(SEEN_S))]


async def try_lock(connection: Connection) -> bool:
    """Take the lock that only one promotion or rollback has, until the connection is given back; False: it is taken."""
    return bool(await connection.fetchval(_SQL["try_lock"]))


async def index_passages(connection: Connection, model_id: str, dimensions: int) -> None:
    """Make the index of a model's passages if there is none."""
    await connection.execute(_SQL["index_passages"], model_id, dimensions)


async def missing(connection: Connection, of: str, to: str, *, limit: int) -> list[AddedPassage]:
    """Return passages of a model that another has not, or has as they were before."""
    return [AddedPassage(**row) for row in await connection.fetch(_SQL["missing"], of, to, limit)]


async def count_passages(connection: Connection, model_id: str) -> int:
    """Return how many passages a model has."""
    return int(await connection.fetchval(_SQL["count_passages"], model_id))


async def vectors(connection: Connection) -> dict[str, int]:
    """Return how many passages each model has that has any, registered or not."""
    return {row["embedding_model"]: row["passages"] for row in await connection.fetch(_SQL["vectors"])}


async def keep_sources(connection: Connection, model_id: str, rows: Sequence[AddedPassage]) -> list[AddedPassage]:
    """Return those of a model's passages that are there as they were read; none is deleted in this transaction."""
    found = await connection.fetch(_SQL["keep_sources"], model_id, [row.slug for row in rows])
    there = {(one["slug"], one["content_hash"], one["origin"]) for one in found}
    return [row for row in rows if (row.slug, row.content_hash, row.origin) in there]


async def remove_surplus(connection: Connection, of: str, to: str) -> None:
    """Remove the passages of a model (`to`) that another (`of`) does not have any more."""
    await connection.execute(_SQL["remove_surplus"], of, to)


async def delete_passages(connection: Connection, model_id: str, *, limit: int) -> int:
    """Delete up to `limit` passages of a model; return how many."""
    done: int = await connection.fetchval(_SQL["delete_passages"], model_id, limit)
    return done


async def drop_passages_index(connection: Connection, model_id: str) -> None:
    """Drop the index of a model's passages, which nobody searches any more. Raises IndexBusyError."""
    try:
        await connection.execute(_SQL["drop_passages_index"], model_id)
    except asyncpg.LockNotAvailableError:
        raise IndexBusyError(f"the index of {model_id} is busy: do it again") from None


async def forget(connection: Connection, model_id: str) -> None:
    """Strike a model off the list, with what it found in the shadow."""
    await connection.execute(_SQL["forget"], model_id)
