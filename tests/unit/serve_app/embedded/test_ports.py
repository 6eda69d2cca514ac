"""S1: a port in use is one line that says what to do."""

from __future__ import annotations

import socket
import threading

import pytest

from serve_app.embedded.base import ports
from serve_app.embedded.base.errors import StartError


def test_a_picked_port_is_free_and_below_the_kernels_own() -> None:
    port = ports.pick_free()
    assert ports.is_free(port)
    assert port in ports.RANGE
    assert not ports.answers(port)


def test_a_port_in_use_names_the_option() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert ports.answers(port)
        assert not ports.is_free(port)
        with pytest.raises(StartError, match=rf"^port {port} is in use .* with --dashboard-port\.$"):
            ports.require_free(port, "127.0.0.1", option="--dashboard-port")


def test_a_port_that_is_just_being_released_is_waited_for() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    threading.Timer(0.3, server.close).start()
    ports.require_free(server.getsockname()[1], "127.0.0.1", timeout=120)


@pytest.mark.parametrize("host", ["192.0.2.77", "no-such-host.invalid"])
def test_a_foreign_address_names_the_setting(host: str) -> None:
    with pytest.raises(StartError, match=rf"^HTTP_HOST '{host}' is not an address of this machine"):
        ports.require_free(ports.pick_free(), host)


def test_ports_run_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(ports, "RANGE", range(port, port + 1))
        with pytest.raises(OSError, match="no free port"):
            ports.pick_free()
