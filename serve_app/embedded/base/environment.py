"""The environments that the embedded parts and the graph are started with, put together in this one place.

This and `serve_app.settings.environment` alone look at the environment; here it is only copied on to children.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from pydantic_core import to_jsonable_python

from serve_app.embedded.base.data_dir import DataDir
from serve_app.settings.environment import Settings

PROJECT = Path(__file__).parents[3]
RAY_LOG_BYTES = 10 * 1024**2
RAY_LOG_FILES = 2

# What a library would pick up from the user's shell and must not.
NOT_INHERITED = ("RAY_ADDRESS", "RAY_NAMESPACE", "RAY_TMPDIR", "RAY_AUTH_TOKEN", "PYTHONSTARTUP")


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Where the database and the broker are, embedded or not, and the secrets that are ours to make up."""

    database_url: str
    kafka_bootstrap_servers: str
    secret_key: str
    operator_token: str


def product_environment(
    data_dir: DataDir,
    settings: Settings,
    services: Services,
    *,
    haproxy: bool = False,
    base: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """What the preparation and the graph see: every setting that is set, `.env` too, and where the services are."""
    return {
        **ray_environment(data_dir, haproxy=haproxy, base=base),
        **_set_explicitly(settings),
        "DATABASE_URL": services.database_url,
        "KAFKA_BOOTSTRAP_SERVERS": services.kafka_bootstrap_servers,
        "SECRET_KEY": services.secret_key,
        "OPERATOR_TOKEN": services.operator_token,
    }


def ray_environment(
    data_dir: DataDir, *, haproxy: bool = False, base: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What Ray's own processes see; workers inherit it.

    The cluster switch named after Windows and macOS makes Ray take the loopback address for its node, so its control
    store, raylet and agents listen on loopback only.
    """
    inherited = _inherited(base)
    return {
        **inherited,
        "NIGHTDESK_DATA_DIR": str(data_dir.path),
        "PYTHONPATH": _python_path(PROJECT, inherited),
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "NO_PROXY": ",".join(filter(None, ["127.0.0.1,localhost", inherited.get("NO_PROXY", "")])),
        "FORWARDED_ALLOW_IPS": "",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(data_dir.secret_file("ray_token")),
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_START_HOOK": "serve_app.embedded.children.ray_start_hook.without_client_server",
        "RAY_USAGE_STATS_ENABLED": "0",
        # Ray runs workers at niceness 15, doors and all; here the nodes that may wait step aside by themselves.
        "RAY_worker_niceness": "0",
        "RAY_ROTATION_MAX_BYTES": str(RAY_LOG_BYTES),
        "RAY_ROTATION_BACKUP_COUNT": str(RAY_LOG_FILES),
        "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
        "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "serve_app.api.base.proxy_errors.middlewares",
        "RAY_SERVE_ENABLE_HA_PROXY": "1" if haproxy else "0",
    }


def stand_ins_environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """What the stand-ins for Gmail and Twilio see. All that they call is on this machine: no proxy is asked."""
    inherited = _inherited(base)
    return {
        **inherited,
        "PYTHONPATH": _python_path(PROJECT, inherited),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": "*",
        "no_proxy": "*",
    }


def _inherited(base: Mapping[str, str] | None) -> dict[str, str]:
    return {name: value for name, value in (base or os.environ).items() if name not in NOT_INHERITED}


def _python_path(first: Path, inherited: Mapping[str, str]) -> str:
    return os.pathsep.join(filter(None, [str(first), inherited.get("PYTHONPATH", "")]))


def _set_explicitly(settings: Settings) -> dict[str, str]:
    """The settings that a person set, as environment variables: a child runs elsewhere and would not find `.env`."""
    return {name.upper(): _as_text(getattr(settings, name)) for name in settings.model_fields_set}


def _as_text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value)
    return json.dumps(to_jsonable_python(value)) if isinstance(value, dict) else "" if value is None else str(value)
