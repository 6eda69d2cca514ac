"""What the relay writes to the log for an event."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from pydantic import SecretStr

from db.ids import new_id
from db.records import Event
from ingest.bus.sending import body, headers
from ingest.bus.topics import client_options
from serve_app.settings.app_args import KafkaArgs


def event(value: Any, headers: dict[str, str]) -> Event:
    return Event(id=new_id(), topic="t", key="email:ann@example.com", value=value, headers=headers, attempts=1)


def test_f3_a_record_is_json_with_its_message_id() -> None:
    one = event({"v": 1, "content": "Grüße"}, {"message-id": "key-1", "traceparent": "00-1-2-01"})
    assert json.loads(body(one)) == one.value
    assert headers(one) == [("message-id", b"key-1"), ("traceparent", b"00-1-2-01")]


def test_an_event_without_a_message_id_carries_its_own() -> None:
    one = event({"v": 1}, {})
    assert headers(one) == [("message-id", str(one.id).encode())]


def test_k4_a_replayed_letter_is_written_byte_for_byte() -> None:
    one = event(base64.b64encode(b"\xff\x00").decode(), {"content-encoding": "base64"})
    assert body(one) == b"\xff\x00"
    assert [name for name, _ in headers(one)] == ["message-id"]


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [
        ("PLAINTEXT", set()),
        ("SASL_PLAINTEXT", {"sasl_mechanism", "sasl_plain_username", "sasl_plain_password"}),
        ("SSL", {"ssl_context"}),
        ("SASL_SSL", {"sasl_mechanism", "sasl_plain_username", "sasl_plain_password", "ssl_context"}),
    ],
)
def test_clients_are_told_only_what_their_protocol_needs(protocol: str, expected: set[str]) -> None:
    kafka = KafkaArgs(
        bootstrap_servers="b:1", security_protocol=protocol, sasl_username="u", sasl_password=SecretStr("p")
    )
    options = client_options(kafka)
    assert expected == {name for name in options if name.startswith(("sasl", "ssl"))}
    assert options.get("sasl_plain_password", "p") == "p"
