"""Writes what the company's folder says into the database: its facts for templates, its documents as passages."""

from __future__ import annotations

import asyncio

from db.outbound import channel_configs
from db.pool import Pool, transaction
from embeddings import indexer
from embeddings.chunker import InvalidDocumentError, parse_docs
from embeddings.encoder import Encoder, model_files
from embeddings.sentiment_model import SentimentModel
from embeddings.vector_model import require_heads
from serve_app.nodes.model_in_force import with_model_in_force
from serve_app.settings.company_documents import DOCUMENTS, company_of, context_dir
from serve_app.settings.settings import Settings


async def fill(pool: Pool, settings: Settings) -> indexer.SyncReport:
    """Bring both up to date; what came from elsewhere stays. A second time writes nothing.

    Raises SettingsError, InvalidDocumentError, PriceInSectionError, ModelNotFoundError, ModelNotUsableError,
    HeadNotUsableError, and DatabaseUnavailableError as the pool does.
    """
    settings = await with_model_in_force(pool, settings)
    require_heads(model_files(settings.embedding_model).heads)
    if settings.sentiment_model:
        await asyncio.to_thread(SentimentModel.load, settings.sentiment_model)
    document, company = context_dir(settings) / DOCUMENTS, company_of(settings)
    try:
        sections = parse_docs(document.read_text(encoding="utf-8"), source=document.name)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidDocumentError(f"{document} can't be read: {error}") from None
    async with transaction(pool) as connection:
        await channel_configs.set_facts(connection, company.facts)
    encoder = await asyncio.to_thread(Encoder, settings.embedding_model)
    report = await indexer.sync(
        pool, encoder, sections, own_names=company.own_names, allow_amounts=company.quotes_amounts
    )
    await indexer.take_over(pool, encoder, own_names=company.own_names)
    return report
