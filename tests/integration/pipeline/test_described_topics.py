"""What is written for the topics is what docs/asyncapi.yaml says (F3, X3)."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import jsonschema
import yaml

from db.intake import mailbox
from db.operations import dead_letters
from db.pool import acquire, transaction
from deployments.channels.parking import park
from deployments.reporting.collector import Collector
from ingest.events import DLQ, INCOMING, MESSAGES, TOPICS
from tests.fixtures.store import Store

DOCUMENT = Path(__file__).parents[3] / "docs" / "asyncapi.yaml"


async def test_f3_every_event_is_what_the_document_says(store: Store) -> None:
    pipeline = store.pipeline()
    await pipeline.handle(await store.form("How do I export a board?"))
    await pipeline.handle(await store.form("HANDOVER please", email="bob@example.com"))
    await _undeliverable(store)
    await _dead_letters(store)
    await Collector(pool=store.pool).run_once()

    described = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    events = await store.rows("SELECT topic, value FROM events")
    assert {event["topic"] for event in events} == set(TOPICS)
    for event in events:
        payload = {"$ref": f"#/components/schemas/{MESSAGES[event['topic']].__name__}"}
        jsonschema.validate(event["value"], {**payload, "components": described["components"]})


async def _undeliverable(store: Store) -> None:
    reply = await store.value("SELECT id FROM outbox WHERE recipient = 'ann@example.com'")
    async with transaction(store.pool) as connection:
        assert await park(connection, reply, "refused")


async def _dead_letters(store: Store) -> None:
    async with acquire(store.pool) as connection:
        await dead_letters.dead_letter(
            connection, topic=INCOMING, partition=0, offset=1, key="email:a@example.com", value=b"{", cause="no JSON",
            announce_on=DLQ,
        )  # fmt: skip
        await mailbox.dead_letter(connection, uuid4().hex, b"From: ...", cause="it could not be read", announce_on=DLQ)
