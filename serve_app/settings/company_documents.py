"""The folder of the company's documents: CONTEXT_DIR, else `context/` of the checkout or of the installed wheel."""

from __future__ import annotations

from pathlib import Path

from serve_app.settings.settings import Settings, SettingsError


def context_dir(settings: Settings) -> Path:
    """Return the folder of product-docs.md and sample-tickets.json. Raises SettingsError when it does not exist."""
    folder = settings.context_dir or Path(__file__).parents[2] / "context"
    if not folder.is_dir():
        raise SettingsError(f"CONTEXT_DIR: {folder} is no folder")
    return folder
