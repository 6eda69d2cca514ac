"""What the commands of `nightdesk embeddings` do: the set that is measured on, the product's models, the reports."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console
from rich.progress import Progress as Bar

from db import knowledge
from db.pool import Pool, acquire, create_pool
from embeddings.chunker import Section, parse_docs
from embeddings.encoder import model_files
from serve_app.cli.in_store import with_pool
from serve_app.cli.target import find_database, settings_of
from serve_app.cli.workbench_extra import progress_bar
from serve_app.embedded.base.errors import NotRunningError, UserError
from serve_app.nodes.model_in_force import folder_in_force
from serve_app.settings.company_documents import DOCUMENTS, company_of, context_dir
from serve_app.settings.settings import Settings, load_settings

if TYPE_CHECKING:
    from embeddings.workbench.measuring.compare import Comparison
    from embeddings.workbench.registry.service import Progress, Service
    from embeddings.workbench.sets.read import Split
    from embeddings.workbench.sets.retrieval_set import RetrievalSet

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product: its settings, its database if it has one. `models`: where those that were promoted are kept."""

    settings: Settings
    database_url: str
    models: Path | None

    @property
    def own_names(self) -> tuple[str, ...]:
        """The names of its company and what it makes."""
        return company_of(self.settings).own_names


def product_of(data_dir: Path | None, *, needed: bool) -> Product:
    """Find the product; one that is not needed may be absent. Raises NotRunningError, UserError."""
    try:
        target = find_database(data_dir)
    except NotRunningError:
        if needed or data_dir is not None:
            raise
        return Product(settings=load_settings(), database_url="", models=None)
    if needed and not target.database_url:
        raise NotRunningError("the product is starting and its database does not run yet: try again in a moment.")
    settings = settings_of(target)
    models = settings.models_dir if target.data_dir else None
    return Product(settings=settings, database_url=target.database_url, models=models)


def on_service(product: Product, console: Console, work: Callable[[Service], Awaitable[T]]) -> T:
    """Do `work` on the models of a product."""
    from embeddings.workbench.registry.service import Service

    async def done() -> T:
        pool = await create_pool(product.database_url, size=3)
        try:
            with progress_bar(console) as bar:
                service = Service(
                    pool=pool,
                    configured=product.settings.embedding_model,
                    own_names=product.own_names,
                    progress=_shown(bar),
                    models=product.models,
                )
                return await work(service)
        finally:
            await pool.close()

    return asyncio.run(done())


def _shown(bar: Bar) -> Progress:
    """Return what shows in one line of a bar how far the gate, then the passages, then the replicas are."""
    from embeddings.workbench.registry.service import Progress

    task = bar.add_task("", total=None, visible=False)

    def shown(what: str) -> Callable[[int, int], None]:
        return lambda done, of: bar.update(task, description=what, completed=done, total=of, visible=True)

    return Progress(
        encoded=shown("the gate: encoding"),
        embedded=shown("embedding passages"),
        waiting=lambda cold: bar.update(task, description=f"waiting for {len(cold)} replicas"),
    )


def measured_on(
    product: Product, file: Path, document: Path | None, console: Console, split: Split = "test"
) -> RetrievalSet:
    """Return the test part of a file over the passages that it means, and tell how rows without a split are used.

    Raises InvalidDataError, InvalidDocumentError.
    """
    from embeddings.workbench.sets.check import checked, split_note
    from embeddings.workbench.sets.read import read_data
    from embeddings.workbench.sets.retrieval_set import retrieval_set

    data = read_data(file)
    if note := split_note(checked(data)):
        console.print(f"{data.name}: {note}", markup=False, highlight=False, soft_wrap=True)
    sections = _sections(product, document) if data.kind == "questions" else []
    return retrieval_set(data, split, sections=sections, own_names=product.own_names)


def measured_sections(product: Product, file: Path, document: Path | None) -> tuple[RetrievalSet, list[Section]]:
    """Return the questions of a file, all of them, with the sections that they are about. Raises InvalidDataError."""
    from embeddings.workbench.sets.read import read_data
    from embeddings.workbench.sets.retrieval_set import all_of
    from embeddings.workbench.sets.rows import InvalidDataError

    data = read_data(file)
    if data.kind != "questions":
        raise InvalidDataError(f"{data.name}: expected questions with answers, which are titles of sections")
    sections = _sections(product, document)
    return all_of(data, sections=sections, own_names=product.own_names), sections


def in_service(product: Product) -> str:
    """Return what Encoder opens for the model in service; without a product, the one of the settings."""
    if not product.database_url:
        return product.settings.embedding_model
    return asyncio.run(with_pool(product.database_url, lambda pool: _folder(product, pool)))


def compared(product: Product, models: Sequence[str], data: RetrievalSet, console: Console) -> Comparison:
    """Measure models against the one in service, with a bar."""
    from embeddings.workbench.measuring.compare import compare

    with progress_bar(console) as bar:
        task = bar.add_task("encoding", total=None)
        return compare(
            models, in_service(product), data, progress=lambda done, of: bar.update(task, completed=done, total=of)
        )


def write_reports(found: Comparison, json_file: Path | None, html_file: Path | None) -> None:
    """Write the files that were asked for."""
    from embeddings.workbench.measuring.report import html

    if json_file:
        json_file.write_text(json.dumps(found.as_json(), indent=1) + "\n", encoding="utf-8")
    if html_file:
        html_file.write_text(html(found), encoding="utf-8")


def _sections(product: Product, document: Path | None) -> list[Section]:
    """Return the sections of a document, else the product's, else those of the company's own document."""
    if document is None and product.database_url:
        found = asyncio.run(with_pool(product.database_url, lambda pool: _stored(product, pool)))
        if not found:
            raise UserError(
                "the product's knowledge base is empty: `nightdesk kb sync` fills it, or name a --document."
            )
        return found
    path = document or context_dir(product.settings) / DOCUMENTS
    return list(parse_docs(path.read_text(encoding="utf-8"), source=path.name))


async def _folder(product: Product, pool: Pool) -> str:
    return await folder_in_force(pool, product.settings.embedding_model, product.models)


async def _stored(product: Product, pool: Pool) -> list[Section]:
    model = model_files(await _folder(product, pool)).model_id
    async with acquire(pool) as connection:
        rows = await knowledge.list_sections(connection, model)
    return [
        Section(slug=row.slug, title=row.title, category=row.category, content=row.content, source=row.source)
        for row in rows
    ]
