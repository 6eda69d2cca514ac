"""What a node reports of itself."""

from __future__ import annotations

import asyncio
import time

from deployments.runtime.heartbeat import Heartbeat
from deployments.runtime.loop_lag import LIMIT_S
from tests.fixtures.store import Store
from tests.fixtures.waiting import eventually

STATUS = "SELECT status, detail, facts FROM node_status"


async def test_a_node_whose_loop_stood_still_is_degraded(store: Store) -> None:
    heartbeat = Heartbeat(pool=store.pool, node="n", replica="r", status=lambda: ("healthy", "works"), every_s=0.05)
    heartbeat.start()
    await eventually(lambda: store.value("SELECT status = 'healthy' FROM node_status"))
    time.sleep(LIMIT_S + 0.2)  # noqa: ASYNC251  what nobody should do
    await eventually(lambda: store.value("SELECT status = 'degraded' FROM node_status"))
    assert "; the event loop stood still for " in await store.value("SELECT detail FROM node_status")
    await heartbeat.stop()
    assert await store.rows(STATUS) == []


async def test_a_status_that_can_not_be_told_silences_a_node_only_for_as_long(store: Store) -> None:
    broken = [True]

    def status() -> tuple[str, str]:
        if broken:
            raise ValueError("no good")
        return "healthy", "works"

    heartbeat = Heartbeat(pool=store.pool, node="n", replica="r", status=status, every_s=0.05)  # type: ignore[arg-type]
    heartbeat.start()
    await asyncio.sleep(0.2)
    assert await store.rows(STATUS) == []
    broken.clear()
    await eventually(lambda: store.value("SELECT count(*) FROM node_status"))
    [row] = await store.rows(STATUS)
    assert row == {"status": "healthy", "detail": "works", "facts": {}}
    await heartbeat.stop()
