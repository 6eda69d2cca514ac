"""K5: a turn whose end can't be written, while the database answers everybody else, is handed back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from db.pool import create_pool, transaction
from tests.fakes.nodes import ScriptedAgent
from tests.fixtures.store import Store
from tests.fixtures.waiting import PATIENCE_S

pytestmark = pytest.mark.timeout(600)
STUCK, FINE = "stuck@example.com", "fine@example.com"
HELD = {
    "its conversation": "SELECT FROM conversations WHERE sender_key = 'email:stuck@example.com' FOR UPDATE",
    "its lease too": "SELECT FROM conversations c JOIN customer_leases l USING (customer_id)"
    " WHERE c.sender_key = 'email:stuck@example.com' FOR UPDATE",
}


@pytest.fixture
async def impatient(store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    """The store through a pool whose statements time out after two seconds."""
    monkeypatch.setattr("db.pool.COMMAND_TIMEOUT_S", 2.0)
    pool = await create_pool(database_url, size=8)
    yield Store(pool)
    await pool.close()


@asynccontextmanager
async def held(store: Store, query: str) -> AsyncIterator[None]:
    """Hold locks of somebody else's."""
    async with transaction(store.pool) as connection:
        assert await connection.fetch(query)
        yield


@pytest.mark.parametrize("what", list(HELD))
async def test_k5_a_turn_whose_end_cannot_be_written_is_handed_back_and_answered_later(
    store: Store, impatient: Store, what: str
) -> None:
    stuck, fine = await store.form("How do I export?", email=STUCK), await store.form("How do I log in?", email=FINE)
    agent = ScriptedAgent()
    pipeline = impatient.pipeline(agent=agent, retry_s=(0.1,))
    agent.hold()
    running = asyncio.create_task(pipeline.handle(stuck))
    await agent.thinking()
    async with held(store, HELD[what]):
        agent.let_go()
        async with asyncio.timeout(PATIENCE_S * 2):
            assert await running == "failed"
        assert await pipeline.handle(fine) == "answered"
        assert await store.value("SELECT count(*) FROM outbox") == 1
    await store.execute("UPDATE inbox SET retry_at = NULL")
    await store.execute("UPDATE customer_leases SET lease_until = now()")
    assert await pipeline.handle(stuck) == "answered"
    rows = await store.rows("SELECT recipient FROM outbox ORDER BY id")
    assert [row["recipient"] for row in rows] == [FINE, STUCK]
    assert await store.violations(within_s=600) == {}
