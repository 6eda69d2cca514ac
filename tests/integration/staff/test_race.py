"""G14: a take-over during the agent's run: the reply was sent before it, or nothing of the run is stored."""

from __future__ import annotations

import asyncio
import random
import threading
from uuid import UUID

import pytest

from db.pool import create_pool
from deployments.staff.conversation_lock import ConversationStateError
from deployments.staff.desk import StaffDesk
from tests.fixtures.office import Office
from tests.fixtures.store import Wakes

ROUNDS, FULL_ROUNDS = 15, 500


def take_over_in_another_process(database_url: str, conversation_id: UUID) -> None:
    """Take over on a thread and pool of its own; returns when that is committed."""

    async def act() -> None:
        pool = await create_pool(database_url, size=1)
        await StaffDesk(pool=pool, relay=Wakes()).take_over(conversation_id, by="ann")
        await pool.close()

    thread = threading.Thread(target=asyncio.run, args=(act(),))
    thread.start()
    thread.join()


@pytest.mark.parametrize("point", ["pipeline:opened", "pipeline:analysed", "pipeline:decided"])
async def test_g14_a_run_overtaken_by_a_take_over_writes_nothing(office: Office, database_url: str, point: str) -> None:
    wake = await office.store.form("How do I export a board?")
    conversation_id: UUID = (await office.conversation())["id"]
    reached: list[str] = []

    def failpoint(name: str) -> None:
        if name == point and not reached:
            reached.append(name)
            take_over_in_another_process(database_url, conversation_id)

    assert await office.pipeline(failpoint=failpoint).handle(wake) == "held"
    assert reached == [point]
    assert await office.inbox() == ["held"]
    assert (await office.ticket())["status"] == "escalated"
    for table in ("outbox", "events"):
        left = await office.store.rows(f"SELECT * FROM {table}")
        assert [row for row in left if row.get("topic") != "fte.tickets.incoming"] == []
    assert await office.store.value("SELECT count(*) FROM messages WHERE author = 'agent'") == 0
    assert await office.store.value("SELECT outcome FROM decision_records") == "held"
    assert await office.store.violations() == {}


async def test_g14_a_take_over_after_the_commit_cancels_the_unsent_reply(office: Office, database_url: str) -> None:
    wake = await office.chat("How do I export a board?", sid="SM1")
    conversation_id: UUID = (await office.conversation())["id"]

    def failpoint(name: str) -> None:
        if name == "pipeline:committed":
            take_over_in_another_process(database_url, conversation_id)

    assert await office.pipeline(failpoint=failpoint).handle(wake) == "answered"
    assert await office.store.value("SELECT state FROM outbox") == "cancelled"
    assert await office.inbox() == ["held"]


async def seconds_of_a_run(office: Office) -> float:
    """What a run takes on this machine while nobody disturbs it."""
    wake = await office.chat("How do I export a board?", sid="SM-undisturbed")
    began = asyncio.get_running_loop().time()
    assert await office.pipeline().handle(wake) == "answered"
    usual = asyncio.get_running_loop().time() - began
    await office.desk.close(wake.conversation_id, by="ann")
    return usual


async def raced(office: Office, rounds: int) -> dict[str, int]:
    """Take over at random moments of `rounds` runs and count the outcomes of the runs."""
    ends = {"held": 0, "answered": 0}
    dice, usual = random.Random(7), await seconds_of_a_run(office)
    for n in range(rounds):
        office.agent.delay_s = dice.uniform(0, 0.01)
        wake = await office.chat("How do I export a board?", sid=f"SM{n}")
        conversation_id = wake.conversation_id

        async def take_over(conversation_id: UUID = conversation_id, pause: float = dice.uniform(0, 2 * usual)) -> None:
            await asyncio.sleep(pause)
            await office.desk.take_over(conversation_id, by="ann")

        outcome, _ = await asyncio.gather(office.pipeline().handle(wake), take_over())
        ends[outcome] += 1
        # Whichever came first: staff own the conversation, no reply of the agent can be sent, and the message is held.
        [row] = await office.store.rows("SELECT owner, status FROM conversations WHERE id = $1", conversation_id)
        assert row == {"owner": "staff", "status": "handed_over"}
        replies = await office.store.rows("SELECT state FROM outbox WHERE conversation_id = $1", conversation_id)
        assert [reply["state"] for reply in replies] == ["cancelled"] * (outcome == "answered")
        assert await office.store.value("SELECT state FROM inbox WHERE provider_message_id = $1", f"SM{n}") == "held"
        await office.desk.close(conversation_id, by="ann")
    assert await office.store.violations() == {}
    return ends


async def test_g14_nothing_is_sent_after_a_take_over_whoever_wins_the_race(office: Office) -> None:
    ends = await raced(office, ROUNDS)
    assert sum(ends.values()) == ROUNDS


@pytest.mark.full
async def test_g14_the_race_at_its_full_size(office: Office) -> None:
    ends = await raced(office, FULL_ROUNDS)
    assert min(ends.values()) > 0, ends
    print(ends)


async def test_g14_two_concurrent_approvals_send_one_reply(office: Office) -> None:
    await office.form("How do I export a board?", approval=True)
    conversation_id: UUID = (await office.conversation())["id"]
    calls = [
        office.replies.approve(conversation_id, by=name, draft_id=None, text=None) for name in ("ann", "bob", "cleo")
    ]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(result, ConversationStateError) for result in results) == 2
    assert await office.store.value("SELECT count(*) FROM messages WHERE author = 'agent'") == 1
    assert await office.store.violations() == {}
