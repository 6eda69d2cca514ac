"""Which running product a command speaks to: the one of a data directory, or the one at a URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from serve_app.cli.options import chosen_data_dir
from serve_app.embedded.base import run_file
from serve_app.embedded.base.errors import NotRunningError, UserError
from serve_app.settings.environment import Settings, load_settings, settings_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A running product. `database_url` and `data_dir` are empty where only a URL is known, `url` where only a database
    is. `settings`: the run file's."""

    url: str
    token: str | None
    database_url: str
    data_dir: str = ""
    settings: Mapping[str, Any] | None = field(default=None, repr=False)


def find_product(data_dir: Path | None, url: str | None = None) -> Target:
    """Find the product. Raises NotRunningError (exit 3), or UserError when the two options contradict each other."""
    if url is not None:
        if data_dir is not None:
            raise UserError("--url and --data-dir name two products: give one of them.")
        return Target(url=url.rstrip("/"), token=_configured_token(), database_url=load_settings().database_url or "")
    run = run_file.load(chosen_data_dir(data_dir, load_settings()))
    return Target(
        url=run.url,
        token=run.operator_token,
        database_url=run.database_url,
        data_dir=run.data_dir,
        settings=run.settings,
    )


def find_database(data_dir: Path | None) -> Target:
    """Find the product with the database of DATABASE_URL, unless a directory is named: then the one that runs there.

    Where no product of this machine's uses DATABASE_URL's, only that is known. Raises NotRunningError (exit 3).
    """
    configured = load_settings().database_url if data_dir is None else None
    if configured is None:
        return find_product(data_dir)
    try:
        running = find_product(None)
    except NotRunningError:
        running = None
    if running is not None and running.database_url == configured:
        return running
    return Target(url="", token=None, database_url=configured)


def settings_of(product: Target) -> Settings:
    """Return what the product decides with; where no data directory is known, what the environment says.

    Raises UserError for a product of a version that did not keep it, SettingsError for a value that makes no sense.
    """
    if not product.data_dir:
        return load_settings()
    if product.settings is None:
        raise UserError(
            f"the product on {product.data_dir} was started by an older version, which did not keep its settings: "
            "restart it with `nightdesk down` and `nightdesk up`."
        )
    return settings_from(product.settings)


def _configured_token() -> str | None:
    token = load_settings().operator_token
    return token.get_secret_value() if token else None
