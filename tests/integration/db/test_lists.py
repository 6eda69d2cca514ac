"""The staff's lists go on behind a conversation that was dealt with meanwhile."""

from __future__ import annotations

from db.pool import acquire
from db.staff import conversations
from db.staff.conversations import ListState
from tests.fixtures.office import Office, office
from tests.fixtures.store import Store, plain_logs, store

__all__ = ["office", "plain_logs", "store"]


async def numbers(store: Store, state: ListState, after: str | None = None, limit: int = 9) -> list[str]:
    """The tickets of a list, behind the conversation of this one."""
    last = await store.value("SELECT conversation_id FROM tickets WHERE number = $1", after) if after else None
    async with acquire(store.pool) as connection:
        return [work.ticket_id for work in await conversations.list_work(connection, state, after=last, limit=limit)]


async def test_h8_paging_the_waiting_list_continues_after_a_resolved_conversation(office: Office) -> None:
    for _ in range(3):
        await office.form("HANDOVER please")
    [first] = await numbers(office.store, "handed_over", limit=1)
    conversation_id = await office.store.value("SELECT conversation_id FROM tickets WHERE number = $1", first)
    await office.desk.resolve(conversation_id, by="ann")
    assert await numbers(office.store, "handed_over", after=first) == office.store.numbers[1:]
    assert await numbers(office.store, "handed_over") == office.store.numbers[1:]


async def test_h8_paging_drafts_continues_after_an_approved_one(office: Office) -> None:
    for n in range(3):
        await office.form(f"How do I export board {n}?", approval=True)
    [first] = await numbers(office.store, "drafts", limit=1)
    conversation_id = await office.store.value("SELECT conversation_id FROM tickets WHERE number = $1", first)
    await office.replies.approve(conversation_id, by="ann", draft_id=None, text=None)
    assert await numbers(office.store, "drafts", after=first) == office.store.numbers[1:]
    assert await numbers(office.store, "drafts") == office.store.numbers[1:]
