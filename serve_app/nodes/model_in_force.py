"""Which encoder the product searches with: the one that was promoted last, else the one that the settings name."""

from __future__ import annotations

from db import embedding_models
from db.pool import Pool, acquire
from serve_app.settings.settings import Settings


async def folder_in_force(pool: Pool, configured: str) -> str:
    """Return what Encoder opens: the promoted model's folder, else `configured`. Raises DatabaseUnavailableError."""
    async with acquire(pool) as connection:
        return (await embedding_models.in_force(connection)).folder or configured


async def with_model_in_force(pool: Pool, settings: Settings) -> Settings:
    """Return the settings with the encoder that is in force. Raises DatabaseUnavailableError."""
    return settings.model_copy(update={"embedding_model": await folder_in_force(pool, settings.embedding_model)})
