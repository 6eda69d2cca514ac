"""The whole path over a real broker: relay, consumer, pipeline, delivery, sweeper."""

from __future__ import annotations

import asyncio
import time

from tests.integration.pipeline.conftest import Graph, Store


async def test_k2_forms_travel_from_the_store_to_the_customer(graph: Graph, store: Store) -> None:
    await graph.worker()
    await graph.delivery()
    for n in range(30):
        await store.form(f"Question number {n}", email=f"c{n % 10}@example.com")
    await graph.reporting()
    await graph.settled(within_s=30, delivered=True)
    assert await store.violations() == {}
    assert await store.value("SELECT count(*) FROM outbox WHERE state = 'sent'") == 30
    assert await store.value("SELECT count(*) FROM messages WHERE delivery_status = 'sent'") == 30
