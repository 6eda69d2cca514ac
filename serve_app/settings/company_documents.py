"""Where the company's dossier lies: CONTEXT_DIR, else the checkout's `context/`, else the copy that was installed."""

from __future__ import annotations

from pathlib import Path

from serve_app.settings.environment import Settings, SettingsError


def context_dir(settings: Settings) -> Path:
    """Return the folder of product-docs.md and its companions. Raises SettingsError when it is not there."""
    folder = settings.context_dir or Path(__file__).parents[2] / "context"
    if not folder.is_dir():
        raise SettingsError(f"CONTEXT_DIR: {folder} is no folder")
    return folder
