"""The company's folder: CONTEXT_DIR, else `context/` of the checkout or of the installed wheel."""

from __future__ import annotations

from pathlib import Path

from deployments.rules.company import Company
from deployments.rules.company_file import CompanyFileError, read_company
from serve_app.settings.settings import Settings, SettingsError

DOCUMENTS = "product-docs.md"
SAMPLES = "sample-tickets.json"


def context_dir(settings: Settings) -> Path:
    """Return the folder of company.toml, product-docs.md and sample-tickets.json. Raises SettingsError without it."""
    folder = settings.context_dir or Path(__file__).parents[2] / "context"
    if not folder.is_dir():
        raise SettingsError(f"CONTEXT_DIR: {folder} is no folder")
    return folder


def company_of(settings: Settings) -> Company:
    """Return the company in whose name is answered. Raises SettingsError when its company.toml can't be used."""
    try:
        return read_company(context_dir(settings))
    except CompanyFileError as error:
        raise SettingsError(f"CONTEXT_DIR: {error}") from None
