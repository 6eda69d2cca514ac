"""What `nightdesk kb` does with the stored knowledge base."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from db import knowledge
from db.embedding_models import ModelChangedError
from db.knowledge import StoredSection
from db.pool import DatabaseUnavailableError, Pool, acquire, create_pool, transaction
from db.staff import learned
from deployments.agent.models.questions import first_query
from deployments.rules.company import Company
from embeddings import indexer
from embeddings.chunker import InvalidDocumentError
from embeddings.documents import read_source
from embeddings.encoder import Encoder, ModelNotFoundError, ModelNotUsableError, model_files
from serve_app.cli.kb.doubts import Doubt, doubts
from serve_app.cli.kb.gaps import Asked, Gap, grouped
from serve_app.cli.target import find_database, settings_of
from serve_app.embedded.base.errors import NotRunningError, UserError
from serve_app.embedded.children.fill import fill
from serve_app.nodes.model_in_force import with_model_in_force
from serve_app.settings.company_documents import company_of
from serve_app.settings.settings import Settings

T = TypeVar("T")
MOST_QUESTIONS = 2_000
"""Questions that are grouped, the newest; each is embedded."""


REMOVED_BY = "nightdesk kb remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The knowledge base of a product, and the settings that it runs with."""

    pool: Pool
    settings: Settings
    company: Company

    @property
    def model_id(self) -> str:
        """The id of the encoder whose vectors the product searches."""
        return model_files(self.settings.embedding_model).model_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one origin; `report` None: it is gone."""

    origin: str
    report: indexer.SyncReport | None

    @property
    def line(self) -> str:
        """The outcome for a person."""
        if self.report is None:
            return f"{self.origin}: is gone; its sections stay until `nightdesk kb remove {self.origin}`"
        counts = (self.report.added, self.report.updated, self.report.removed, self.report.unchanged)
        return "{}: {} added, {} updated, {} removed, {} unchanged".format(self.origin, *counts)


def run(data_dir: Path | None, work: Callable[[Base], Awaitable[T]]) -> T:
    """Do `work` on the knowledge base of the product that runs, or whose database is set.

    Raises UserError for a document that can't be used, NotRunningError without a product.
    """
    product = find_database(data_dir)
    if not product.database_url:
        raise NotRunningError("the product is starting and its database does not run yet: try again in a moment.")
    return run_on(settings_of(product).model_copy(update={"database_url": product.database_url}), work)


def run_on(settings: Settings, work: Callable[[Base], Awaitable[T]]) -> T:
    """Do `work` on the knowledge base in DATABASE_URL of these settings. Raises UserError as `run`."""
    try:
        return asyncio.run(_with_base(settings, work))
    except (
        InvalidDocumentError,
        indexer.PriceInSectionError,
        indexer.SectionTakenError,
        ModelChangedError,
        ModelNotFoundError,
        ModelNotUsableError,
    ) as error:
        raise UserError(str(error)) from None
    except DatabaseUnavailableError as error:
        raise UserError(f"{error}: `nightdesk status` shows what runs.") from None


async def _with_base(settings: Settings, work: Callable[[Base], Awaitable[T]]) -> T:
    pool = await create_pool(settings.database_url or "", size=2)
    try:
        settings = await with_model_in_force(pool, settings)
        return await work(Base(pool=pool, settings=settings, company=company_of(settings)))
    finally:
        await pool.close()


async def sync_documents(base: Base) -> indexer.SyncReport:
    """Bring the company's own documents, and what templates name of it, up to date."""
    return await fill(base.pool, base.settings)


async def sync_all(base: Base) -> list[Outcome]:
    """Bring the company's documents and every added origin up to date; one that is gone is left as it is, and so is
    what was learned from tickets."""
    outcomes = [Outcome(origin=knowledge.DOCUMENTS, report=await sync_documents(base))]
    added_origins = {section.origin for section in await sections(base)} - {knowledge.DOCUMENTS}
    for origin in sorted(origin for origin in added_origins if not origin.startswith(learned.ORIGIN)):
        path = Path(origin)
        report = await added(base, path) if await asyncio.to_thread(path.exists) else None
        outcomes.append(Outcome(origin=origin, report=report))
    return outcomes


async def added(base: Base, path: Path) -> indexer.SyncReport:
    """Make what is stored of a file or folder (an absolute path) equal to it.

    Raises InvalidDocumentError, PriceInSectionError, SectionTakenError.
    """
    found = await asyncio.to_thread(read_source, path)
    encoder = await asyncio.to_thread(Encoder, base.settings.embedding_model)
    return await indexer.sync(
        base.pool,
        encoder,
        found,
        own_names=base.company.own_names,
        origin=str(path),
        allow_amounts=base.company.quotes_amounts,
    )


async def removed(base: Base, origin: str, path: str) -> int:
    """Take away what was added from an origin, or else from the path that it stands for; return how many sections.

    Raises UserError when nothing was added from either.
    """
    if origin == knowledge.DOCUMENTS:
        raise UserError("these are the company's own documents: take it out of them and run `nightdesk kb sync`.")
    async with transaction(base.pool) as connection:
        gone = await knowledge.delete_origin(connection, origin)
        gone = gone or await knowledge.delete_origin(connection, path)
        if origin.startswith(learned.ORIGIN):
            await learned.withdraw_slug(connection, origin.removeprefix(learned.ORIGIN), by=REMOVED_BY)
    if not gone:
        raise UserError(f"nothing was added from {origin}: `nightdesk kb list` shows what was.")
    return gone.get(base.model_id, max(gone.values()))


async def sections(base: Base) -> list[StoredSection]:
    """Return every section that the product may find."""
    async with acquire(base.pool) as connection:
        return await knowledge.list_sections(connection, base.model_id)


async def gaps_since(base: Base, since: datetime) -> list[Gap]:
    """Return what was asked in vain since a time, grouped by topic."""
    async with acquire(base.pool) as connection:
        rows = await knowledge.unanswered(connection, since, limit=MOST_QUESTIONS)
    asked = [Asked(customer=str(row.customer_id), ticket=row.ticket, text=first_query(row.question)) for row in rows]
    if not asked:
        return []
    encoder = await asyncio.to_thread(Encoder, base.settings.embedding_model)
    return grouped(asked, await asyncio.to_thread(encoder.encode, [one.text for one in asked]))


async def doubts_since(base: Base, since: datetime) -> list[Doubt]:
    """Return what is doubtful about the stored sections; what was found is counted since a time."""
    stored = await sections(base)
    async with acquire(base.pool) as connection:
        found = await knowledge.slugs_found(connection, since)
    return doubts(stored, found, since)
