"""How each answer of Twilio is classified, over its own client and real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from deployments.channels.sender import (
    LookUpFailedError,
    MessageRejectedError,
    OutcomeUnknownError,
    TransientDeliveryError,
    UndeliverableError,
)
from deployments.channels.whatsapp import twilio_client
from deployments.channels.whatsapp.twilio_client import Twilio
from tests.fixtures.ports import deaf_port

SID = "AC" + "5" * 32
TO = "whatsapp:+491701234567"


def twilio(base_url: str) -> Twilio:
    return Twilio(account_sid=SID, auth_token="token", number="+14155238886", base_url=base_url)


@contextmanager
def answering(raw: bytes) -> Iterator[str]:
    """A server that reads a request and writes these bytes, once for each connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    taken, _ = server.accept()
                except OSError:
                    return
                with taken:
                    taken.settimeout(60)
                    _read_request(taken)
                    if raw:
                        taken.sendall(raw)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def _read_request(taken: socket.socket) -> None:
    """Read head and body: a connection that is closed with something unread is reset, and its answer may be lost."""
    with taken.makefile("rb") as lines:
        length = 0
        while (line := lines.readline()).strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        lines.read(length)


def http(status: int, body: str = "{}", headers: str = "") -> bytes:
    return (
        f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}"
        f"Connection: close\r\n\r\n{body}"
    ).encode()


def error(status: int, code: int) -> bytes:
    return http(status, f'{{"code": {code}, "message": "what Twilio says", "status": {status}}}')


@pytest.mark.parametrize(
    ("raw", "raised"),
    [
        (error(400, 21619), MessageRejectedError),
        (error(400, 21656), MessageRejectedError),
        (error(400, 21610), UndeliverableError),
        (error(400, 21211), UndeliverableError),
        (error(400, 63016), UndeliverableError),
        (error(401, 20003), TransientDeliveryError),
        (error(403, 20403), TransientDeliveryError),
        (error(404, 20404), TransientDeliveryError),
        (error(429, 20429), TransientDeliveryError),
        (error(500, 20500), OutcomeUnknownError),
        (error(503, 20503), OutcomeUnknownError),
        (http(502, "<html>Bad gateway</html>"), OutcomeUnknownError),
        (http(201, "<html>A gateway's page</html>"), OutcomeUnknownError),
        (http(201, "{}"), OutcomeUnknownError),
        (http(201, "[]"), OutcomeUnknownError),
        (http(201, '{"sid": nothing'), OutcomeUnknownError),
        (b"", OutcomeUnknownError),
        (b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{", OutcomeUnknownError),
        (b"no HTTP at all\r\n\r\n", OutcomeUnknownError),
    ],
)
def test_each_answer_raises_its_error(raw: bytes, raised: type[Exception]) -> None:
    with answering(raw) as url, pytest.raises(raised):
        twilio(url).send(to=TO, body="Hello", callback="http://127.0.0.1/status")


def test_a_429_names_its_pause() -> None:
    with answering(http(429, headers="Retry-After: 17\r\n")) as url, pytest.raises(TransientDeliveryError) as caught:
        twilio(url).send(to=TO, body="Hello", callback="http://127.0.0.1/status")
    assert caught.value.retry_in == 17


def test_a_refused_connection_means_not_sent() -> None:
    for url in (f"http://127.0.0.1:{deaf_port()}", "http://nothing.invalid"):
        with pytest.raises(TransientDeliveryError):
            twilio(url).send(to=TO, body="Hello", callback="http://127.0.0.1/status")


def test_a_timeout_means_an_unknown_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twilio_client, "READ_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(OutcomeUnknownError):
        twilio(f"http://127.0.0.1:{server.getsockname()[1]}").send(to=TO, body="Hello", callback="http://x.example/s")


@pytest.mark.parametrize("raw", [error(500, 20500), error(401, 20003), http(200, "<html>"), http(200, "[]"), b""])
def test_a_failing_list_is_a_failed_look_up(raw: bytes) -> None:
    with answering(raw) as url, pytest.raises(LookUpFailedError):
        twilio(url).listed(to=TO)


def test_errors_repeat_nothing_that_was_sent() -> None:
    with answering(b"") as url, pytest.raises(OutcomeUnknownError) as caught:
        twilio(url).send(to=TO, body="a secret of the customer's", callback="http://x.example/s")
    assert "secret" not in str(caught.value)
    assert TO not in str(caught.value)
