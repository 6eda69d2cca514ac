"""Finds the product that a command works on: that of a data directory, a URL, or a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from serve_app.cli.options import chosen_data_dir
from serve_app.embedded.base import run_file
from serve_app.embedded.base.errors import NotRunningError, UserError
from serve_app.settings.settings import Settings, load_settings, settings_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A running product. `data_dir` is empty when only a URL or a database is known, `url` when only a database is.

    `settings`: the run file's.
    """

    url: str
    token: str | None
    database_url: str
    data_dir: str = ""
    settings: Mapping[str, Any] | None = field(default=None, repr=False)


def find_product(data_dir: Path | None, url: str | None = None) -> Target:
    """Find the product. Raises NotRunningError (exit 3), or UserError when both options are given."""
    if url is not None:
        if data_dir is not None:
            raise UserError("--url and --data-dir name two products: give one of them.")
        settings = load_settings()
        token = settings.operator_token.get_secret_value() if settings.operator_token else None
        return Target(url=url.rstrip("/"), token=token, database_url=settings.database_url or "")
    run = run_file.load(chosen_data_dir(data_dir, load_settings()))
    return Target(
        url=run.url,
        token=run.operator_token,
        database_url=run.database_url,
        data_dir=run.data_dir,
        settings=run.settings,
    )


def find_database(data_dir: Path | None) -> Target:
    """Find the product of `data_dir`, or else the one whose database is DATABASE_URL.

    When the default data directory's product uses another database, or none runs, only the database is known.
    Raises NotRunningError (exit 3) without a product and DATABASE_URL.
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
    """Return the settings that the product decides with; without a data directory, those of the environment.

    Raises UserError when an older version, which stored none, started the product, SettingsError for a wrong value.
    """
    if not product.data_dir:
        return load_settings()
    if product.settings is None:
        raise UserError(
            f"the product on {product.data_dir} was started by an older version, which did not keep its settings: "
            "restart it with `nightdesk down` and `nightdesk up`."
        )
    return settings_from({**product.settings, "nightdesk_data_dir": product.data_dir})
