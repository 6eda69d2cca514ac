"""Reads what thresholds are fitted on from a product's store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from db.pool import Connection, Pool, acquire
from db.staff import outcomes as store
from db.staff.outcomes import Decided
from db.tuning import Tuning
from deployments.staff.scrubbing import question
from embeddings.workbench.sets.read import DataFile, Example
from serve_app.cli.embeddings.bench import Product, product_of
from serve_app.cli.in_store import with_pool
from serve_app.cli.thresholds.costs import Costs
from serve_app.cli.thresholds.deciders import Deciders
from serve_app.embedded.base.errors import UserError
from serve_app.nodes.tuned import tuned

T = TypeVar("T")


def deciders(data_dir: Path | None, costs: Costs, *, needed: bool) -> Deciders:
    """Return what decides, of the product that runs, if any; where it is `needed`, NotRunningError without one."""
    product = product_of(data_dir, needed=needed)
    return Deciders(product=product, tuned=tuned_of(product), costs=costs)


def tuned_of(product: Product) -> Tuning:
    """Return what is tuned in a product; nothing where there is none. Raises DatabaseUnavailableError."""
    return asyncio.run(with_pool(product.database_url, tuned, read_only=True)) if product.database_url else Tuning()


def known_outcomes(product: Product, days: int) -> list[Decided]:
    """Return the decisions whose outcome the desk itself shows."""
    return asyncio.run(_read(product, lambda connection: store.decided(connection, _since(days))))


def seen_categories(product: Product, days: int) -> DataFile:
    """Return customers' words with the category that a person let stand or set, without personal data.

    Raises UserError where customers' words may not be used.
    """
    if not product.settings.learn_from_customers:
        raise UserError("LEARN_FROM_CUSTOMERS is not true: customers' words are not used. Name a file with --data.")
    seen = asyncio.run(_read(product, lambda connection: store.categories(connection, _since(days))))
    examples = tuple(
        Example(line=n, text=question(one.channel, one.subject, one.text, one.names), label=one.category)
        for n, one in enumerate(seen, start=1)
    )
    return DataFile(name="the desk's tickets", kind="labels", sha256="", examples=examples)


def _since(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


async def _read(product: Product, work: Callable[[Connection], Awaitable[T]]) -> T:
    async def done(pool: Pool) -> T:
        async with acquire(pool) as connection:
            return await work(connection)

    return await with_pool(product.database_url, done, read_only=True)
