"""Which running product a command speaks to: the one of a data directory, or the one at a URL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from serve_app.cli.options import chosen_data_dir
from serve_app.embedded import run_file
from serve_app.embedded.errors import UserError
from serve_app.settings import load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A running product. `database_url` and `data_dir` are empty where only a URL is known."""

    url: str
    token: str | None
    database_url: str
    data_dir: str = ""


def find_product(data_dir: Path | None, url: str | None = None) -> Target:
    """Find the product. Raises NotRunningError (exit 3), or UserError when the two options contradict each other."""
    if url is not None:
        if data_dir is not None:
            raise UserError("--url and --data-dir name two products: give one of them.")
        return Target(url=url.rstrip("/"), token=_configured_token(), database_url=load_settings().database_url or "")
    run = run_file.load(chosen_data_dir(data_dir, load_settings()))
    return Target(url=run.url, token=run.operator_token, database_url=run.database_url, data_dir=run.data_dir)


def find_database(data_dir: Path | None) -> str:
    """Return the address of the database: of DATABASE_URL unless a directory is named, else of the running product.

    Raises NotRunningError (exit 3).
    """
    configured = load_settings().database_url if data_dir is None else None
    return configured or find_product(data_dir).database_url


def _configured_token() -> str | None:
    token = load_settings().operator_token
    return token.get_secret_value() if token else None
