"""Where the company's dossier lies: CONTEXT_DIR, else the checkout's `context/`, else the copy that was installed."""

from __future__ import annotations

from pathlib import Path

from serve_app.settings import SettingsError, load_settings


def context_dir() -> Path:
    """Return the folder of product-docs.md and its companions. Raises SettingsError when it is not there."""
    folder = load_settings().context_dir or Path(__file__).parents[1] / "context"
    if not folder.is_dir():
        raise SettingsError(f"CONTEXT_DIR: {folder} is no folder")
    return folder
