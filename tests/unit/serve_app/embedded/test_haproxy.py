"""S1, H11, H12: HAProxy as `up` runs it. Ray's configuration with our changes, read by the real program."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import psutil
import pytest
from ray.serve._private.haproxy import BackendConfig, HAProxyApi, HAProxyConfig, ServerConfig
from ray.serve.config import HTTPOptions

from serve_app.api.base.proxy_errors import PEER_HEADER
from serve_app.embedded.base import haproxy, ports
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.errors import StartError
from serve_app.embedded.children.haproxy import PEER, changed
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.skipif(haproxy.binary() is None, reason="Ray brings HAProxy on Linux only")


class _Replica(BaseHTTPRequestHandler):
    """Answers a GET with the headers that it got, and dies of a POST."""

    def do_GET(self) -> None:
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def replica() -> Iterator[int]:
    """The port of a server that stands for an ingress replica."""
    server = ThreadingHTTPServer((ports.LOOPBACK, 0), _Replica)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture
def data_dir(tmp_path: Path) -> DataDir:
    (tmp_path / "run").mkdir()
    return DataDir(tmp_path)


def ray_writes(directory: Path, port: int, replica: int | None) -> Path:
    """The configuration for one replica, or before Ray knows one, by Ray's own template."""
    servers = [ServerConfig(name="r1", host=ports.LOOPBACK, port=replica)] if replica else []
    backend = BackendConfig(name="nightdesk", path_prefix="/", app_name="nightdesk", servers=servers)
    api = HAProxyApi(
        HAProxyConfig(http_options=HTTPOptions(host=ports.LOOPBACK, port=port), metrics_enabled=False,
                      socket_path=str(directory / "a"), server_state_base=str(directory),
                      server_state_file=str(directory / "state"), has_received_routes=True),
        {"nightdesk": backend} if replica else {},
        config_file_path=str(directory / "haproxy.cfg"),
    )  # fmt: skip
    api._generate_config_file_internal()
    return directory / "haproxy.cfg"


@pytest.fixture
def address(data_dir: DataDir, tmp_path: Path, replica: int) -> Iterator[tuple[str, int]]:
    """The address of a HAProxy that was started as Ray starts it, and its process."""
    port = ports.pick_free()
    file = ray_writes(tmp_path, port, replica)
    running = subprocess.Popen([haproxy.launcher(data_dir), "-db", "-f", file])
    wait_until(lambda: ports.answers(port), what="HAProxy")
    yield f"http://{ports.LOOPBACK}:{port}", running.pid
    running.terminate()
    running.wait()


def test_it_listens_on_our_address_alone(address: tuple[str, int]) -> None:
    listening = [one.laddr for one in psutil.Process(address[1]).net_connections("inet") if one.status == "LISTEN"]
    assert [f"http://{one.ip}:{one.port}" for one in listening] == [address[0]]


def test_h11_a_caller_can_not_say_who_they_are(address: tuple[str, int]) -> None:
    for headers in ({}, {PEER: "10.9.8.7"}, {PEER.upper(): "10.9.8.7"}):
        assert httpx.get(address[0], headers=headers, trust_env=False).json()[PEER] == "127.0.0.1"
    assert PEER.encode() == PEER_HEADER


def assert_our_shape(answer: httpx.Response) -> None:
    """503 with a time to come back and an id."""
    body = answer.json()
    assert (answer.status_code, answer.headers["Retry-After"], body["error"]) == (503, "2", "UNAVAILABLE")
    assert body["request_id"] == answer.headers["X-Request-ID"] != ""
    assert body.keys() == {"error", "message", "request_id"}


def test_h12_a_replica_that_dies_of_a_call_is_503(address: tuple[str, int]) -> None:
    assert_our_shape(httpx.post(f"{address[0]}/api/v1/support/form", trust_env=False))


@pytest.mark.parametrize("known", [True, False])
def test_h12_without_a_replica_it_answers_in_our_shape(data_dir: DataDir, tmp_path: Path, known: bool) -> None:
    port = ports.pick_free()
    file = ray_writes(tmp_path, port, ports.pick_free(taken=[port]) if known else None)
    running = subprocess.Popen([haproxy.launcher(data_dir), "-db", "-f", file])
    try:
        wait_until(lambda: ports.answers(port), what="HAProxy")
        assert_our_shape(httpx.post(f"http://{ports.LOOPBACK}:{port}/api/v1/support/form", trust_env=False))
    finally:
        running.terminate()
        running.wait()


def test_a_configuration_that_is_not_known_is_refused(tmp_path: Path) -> None:
    text = ray_writes(tmp_path, 1, 2).read_text()
    with pytest.raises(ValueError, match="not known here to listen"):
        changed(f"{text}\nfrontend new\n    bind *:77\n")
    with pytest.raises(ValueError, match="0 places"):
        changed(text.replace("frontend http_frontend", "frontend other"))


def test_where_it_can_not_be_used(data_dir: DataDir) -> None:
    assert haproxy.is_used(None, "127.0.0.1", data_dir)
    assert not haproxy.is_used(False, "127.0.0.1", data_dir)
    assert not haproxy.is_used(None, "192.0.2.1", data_dir)
    with pytest.raises(StartError, match=r"^--haproxy: it can't reach the ingress where HTTP_HOST is 192\.0\.2\.1"):
        haproxy.is_used(True, "192.0.2.1", data_dir)
