"""The environment variables with which child processes are started.

Only this module and `serve_app.settings.settings` read the environment; here it is only copied to the children.
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
from serve_app.embedded.base.haproxy import ON as HAPROXY_ON
from serve_app.embedded.base.haproxy import environment as haproxy_environment
from serve_app.settings.settings import Settings

PROJECT = Path(__file__).parents[3]
RAY_LOG_BYTES = 10 * 1024**2
RAY_LOG_FILES = 2

# Variables of the user's shell that libraries would obey.
NOT_INHERITED = ("RAY_ADDRESS", "RAY_NAMESPACE", "RAY_TMPDIR", "RAY_AUTH_TOKEN", "PYTHONSTARTUP")


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The addresses of database and broker, embedded or not, and the secrets that are generated unless set."""

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
    """The environment of the preparation and the graph: every setting that is set, from `.env` too, and `services`.

    The settings are passed on as variables because the children run in another directory and would not find `.env`.
    """
    return {
        **ray_environment(data_dir, base=base),
        **(HAPROXY_ON if haproxy else {}),
        **{name.upper(): _as_text(getattr(settings, name)) for name in settings.model_fields_set},
        "DATABASE_URL": services.database_url,
        "KAFKA_BOOTSTRAP_SERVERS": services.kafka_bootstrap_servers,
        "SECRET_KEY": services.secret_key,
        "OPERATOR_TOKEN": services.operator_token,
    }


def ray_environment(
    data_dir: DataDir, *, haproxy: bool = False, base: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The environment of Ray's processes, which workers inherit.

    RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER=0 makes Ray use the loopback address for its node, so that its control store,
    raylet and agents listen on loopback only.
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
        # Ray would run every worker at niceness 15, the ingress too; the nodes that may wait lower their own priority.
        "RAY_worker_niceness": "0",
        "RAY_ROTATION_MAX_BYTES": str(RAY_LOG_BYTES),
        "RAY_ROTATION_BACKUP_COUNT": str(RAY_LOG_FILES),
        "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
        # Serve's figures: every replica and every caller of one would tell them ten times a second.
        "RAY_SERVE_METRICS_EXPORT_INTERVAL_MS": "2000",
        # The controller looks at all nodes so often, which is most of what it costs.
        "RAY_SERVE_CONTROL_LOOP_INTERVAL_S": "0.25",
        "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "serve_app.api.base.proxy_errors.middlewares",
        # A proxy that is not up by then is replaced, thrice at most: a crowded machine takes ten times as long.
        "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60",
        # Time for load balancers of a cluster to learn of it, which a stop of the whole product would wait for too.
        "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "0",
        **(haproxy_environment(data_dir) if haproxy else {"RAY_SERVE_ENABLE_HA_PROXY": "0"}),
    }


def stand_ins_environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of the stand-ins for Gmail and Twilio. All that they call is on this machine: no proxy."""
    inherited = _inherited(base)
    return {
        **inherited,
        "PYTHONPATH": _python_path(PROJECT, inherited),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": "*",
        "no_proxy": "*",
    }


def one_thread_for_numpy() -> None:
    """To be called before numpy is imported: its second thread, once used, spins beside the models, and judging
    passages would cost twice as much. The product's own processes have OMP_NUM_THREADS."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _inherited(base: Mapping[str, str] | None) -> dict[str, str]:
    return {name: value for name, value in (base or os.environ).items() if name not in NOT_INHERITED}


def _python_path(first: Path, inherited: Mapping[str, str]) -> str:
    return os.pathsep.join(filter(None, [str(first), inherited.get("PYTHONPATH", "")]))


def _as_text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Path):  # the children run in another directory
        return str(value.resolve())
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value)
    return json.dumps(to_jsonable_python(value)) if isinstance(value, dict) else "" if value is None else str(value)
