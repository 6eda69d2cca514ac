"""Which encoder the product searches with: the one that was promoted last, else the one that the settings name."""

from __future__ import annotations

from pathlib import Path

from db import embedding_models
from db.pool import Pool, acquire
from embeddings.kept_models import located
from serve_app.settings.settings import Settings


async def folder_in_force(pool: Pool, configured: str, models: Path | None) -> str:
    """Return what Encoder opens: the promoted model's folder, else `configured`. Raises DatabaseUnavailableError."""
    async with acquire(pool) as connection:
        kept = (await embedding_models.in_force(connection)).folder
    return configured if kept is None else located(kept, models)


async def with_model_in_force(pool: Pool, settings: Settings) -> Settings:
    """Return the settings with the encoder that is in force. Raises DatabaseUnavailableError."""
    folder = await folder_in_force(pool, settings.embedding_model, settings.models_dir)
    return settings.model_copy(update={"embedding_model": folder})
