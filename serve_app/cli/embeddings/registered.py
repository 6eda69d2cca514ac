"""The models that a product knows, for `list` and `show`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from db import embedding_models
from db.embedding_models import InForce, RegisteredModel, Switch
from db.pool import acquire, create_pool
from embeddings.encoder import model_files
from serve_app.cli.embeddings.bench import Product


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """The models by their ids, the one in service, and every change, the newest first.

    `vectors`: how many passages each model has, of those too that are not registered.
    """

    models: Mapping[str, RegisteredModel]
    in_service: str
    warming: str | None
    switches: tuple[Switch, ...]
    vectors: Mapping[str, int]

    def lines(self) -> Iterator[str]:
        """Yield them for a person."""
        yield f"in service: {self.in_service}"
        if self.warming:
            yield f"being loaded: {self.warming} (a promotion runs or was broken off: run it again, or `rollback`)"
        for one in self.models.values():
            searches = one.metrics.get("searches", ())
            found = next((row["recall@1"]["value"] for row in searches if row["search"] == one.model_id), None)
            recall = f"recall@1 {found:.3f} on {one.metrics['data']}" if found is not None else "not measured"
            count = self.vectors.get(one.model_id, 0)
            yield f"  {one.model_id:<32} {one.dimensions:>5}  {count:>6} vectors  {recall}  {one.licence}".rstrip()
        for model_id in self.vectors.keys() - self.models.keys() - {self.in_service}:
            yield f"  {model_id:<32}    -   {self.vectors[model_id]:>6} vectors  not registered"
        for switch in self.switches:
            yield f"  {switch.at.astimezone():%Y-%m-%d %H:%M}  {switch.kind}: {switch.replaced} → {switch.model_id}"

    def as_json(self) -> dict[str, Any]:
        """Return them as plain values."""
        return {
            "in_service": self.in_service,
            "warming": self.warming,
            "vectors": dict(self.vectors),
            "models": [
                {"model_id": one.model_id, "dimensions": one.dimensions, "parent": one.parent, "licence": one.licence}
                for one in self.models.values()
            ],
            "switches": [
                {"model_id": one.model_id, "replaced": one.replaced, "kind": one.kind, "at": one.at.isoformat()}
                for one in self.switches
            ],
        }


def listed(product: Product) -> Registered:
    """Read them. Raises DatabaseUnavailableError."""
    in_force, models, switches, vectors = asyncio.run(_read(product.database_url))
    return Registered(
        models=models,
        in_service=in_force.model_id or model_files(product.settings.embedding_model).model_id,
        warming=in_force.warming,
        switches=tuple(switches),
        vectors=vectors,
    )


async def _read(url: str) -> tuple[InForce, dict[str, RegisteredModel], list[Switch], dict[str, int]]:
    pool = await create_pool(url, size=1)
    try:
        async with acquire(pool) as connection:
            return (
                await embedding_models.in_force(connection),
                await embedding_models.registered(connection),
                await embedding_models.switches(connection),
                await embedding_models.vectors(connection),
            )
    finally:
        await pool.close()
