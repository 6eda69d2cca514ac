"""Writes docs/asyncapi.yaml, which describes the topics: `python -m ingest.bus.asyncapi docs/asyncapi.yaml`."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml
from pydantic.json_schema import models_json_schema

from ingest.bus.topics import TOPIC_CONFIG
from ingest.events import DLQ, ESCALATIONS, INCOMING, MESSAGES, METRICS, OUTGOING, TOPICS

_SCHEMAS = "#/components/schemas/"
_HEAD = "# Made by `python -m ingest.bus.asyncapi docs/asyncapi.yaml` from ingest/events.py; a test holds it current.\n"
_TITLES = {
    INCOMING: "Messages of customers that wait to be worked on",
    OUTGOING: "Replies that were decided",
    DLQ: "What failed for good",
    ESCALATIONS: "Hand-overs to people",
    METRICS: "Figures and alerts",
}
_KEYS = {
    INCOMING: "The sender (`email:…`, `whatsapp:…`): one sender's records are in one partition, in order.",
    OUTGOING: "The sender that is answered.",
    DLQ: "The sender, the key of the record that failed, or Gmail's id of an unreadable mail.",
    ESCALATIONS: "The sender whose conversation it is.",
    METRICS: "`collector`.",
}


def document() -> dict[str, Any]:
    """Return the AsyncAPI document, version 3.0.0."""
    _, definitions = models_json_schema(
        [(model, "serialization") for model in MESSAGES.values()], ref_template=_SCHEMAS + "{model}"
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Nightdesk",
            "version": version("nightdesk"),
            "description": "The topics in Kafka. PostgreSQL is the truth: a record that is lost is sent again, one "
            "that comes twice changes nothing. Records are announcements for whoever wants to read along; only the "
            f"product itself writes to {INCOMING}.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic: _channel(topic) for topic in TOPICS},
        "operations": {f"send.{topic}": _operation("send", topic) for topic in TOPICS}
        | {f"receive.{INCOMING}": _operation("receive", INCOMING)},
        "components": {
            "messages": {MESSAGES[topic].__name__: _message(topic) for topic in TOPICS},
            "schemas": definitions["$defs"],
        },
    }


def text() -> str:
    """Return the file's content."""
    body: str = yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=120)
    return _HEAD + body


def _channel(topic: str) -> dict[str, Any]:
    name = MESSAGES[topic].__name__
    retention = {"retention.ms": int(TOPIC_CONFIG["retention.ms"])}
    return {
        "address": topic,
        "title": _TITLES[topic],
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "bindings": {"kafka": {"topic": topic, "topicConfiguration": retention, "bindingVersion": "0.5.0"}},
    }


def _operation(action: str, topic: str) -> dict[str, Any]:
    return {"action": action, "channel": {"$ref": f"#/channels/{topic}"}}


def _message(topic: str) -> dict[str, Any]:
    model = MESSAGES[topic]
    return {
        "name": model.__name__,
        "title": _TITLES[topic],
        "contentType": "application/json",
        "headers": _headers(topic),
        "payload": {"$ref": _SCHEMAS + model.__name__},
        "bindings": {"kafka": {"key": {"type": "string", "description": _KEYS[topic]}, "bindingVersion": "0.5.0"}},
    }


def _headers(topic: str) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "message-id": {"type": "string", "description": "The event's id, or what the channel calls the message."}
    }
    if topic == INCOMING:
        properties["traceparent"] = {"type": "string", "description": "W3C trace context, while traces are made."}
        properties["bare"] = {"type": "string", "description": "1: only wakes; the broker refused the text."}
    return {"type": "object", "required": ["message-id"], "properties": properties}


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
