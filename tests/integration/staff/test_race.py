"""G14: a take-over in the middle of the agent's run. Either its word has been said, or there is none of it."""

from __future__ import annotations

import asyncio
import random
import threading
from uuid import UUID

import pytest

from db.pool import create_pool
from deployments.staff.desk import ConversationStateError, StaffDesk
from tests.fixtures.office import Office
from tests.fixtures.store import Wakes

ROUNDS, FULL_ROUNDS = 15, 500


def in_another_process(database_url: str, conversation_id: UUID) -> None:
    """Take over as another process would, and return when that is committed."""

    async def act() -> None:
        pool = await create_pool(database_url, size=1)
        await StaffDesk(pool=pool, relay=Wakes()).take_over(conversation_id, by="ann")
        await pool.close()

    thread = threading.Thread(target=asyncio.run, args=(act(),))
    thread.start()
    thread.join()


@pytest.mark.parametrize("point", ["pipeline:opened", "pipeline:analysed", "pipeline:decided"])
async def test_g14_a_run_that_a_take_over_has_passed_writes_nothing(
    office: Office, database_url: str, point: str
) -> None:
    wake = await office.store.form("How do I export a board?")
    talk: UUID = (await office.conversation())["id"]
    reached: list[str] = []

    def failpoint(name: str) -> None:
        if name == point and not reached:
            reached.append(name)
            in_another_process(database_url, talk)

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


async def test_g14_a_take_over_behind_the_commit_takes_back_what_has_not_left(
    office: Office, database_url: str
) -> None:
    wake = await office.chat("How do I export a board?", sid="SM1")
    talk: UUID = (await office.conversation())["id"]

    def failpoint(name: str) -> None:
        if name == "pipeline:committed":
            in_another_process(database_url, talk)

    assert await office.pipeline(failpoint=failpoint).handle(wake) == "answered"
    assert await office.store.value("SELECT state FROM outbox") == "cancelled"
    assert await office.inbox() == ["held"]


async def raced(office: Office, rounds: int) -> dict[str, int]:
    """Let a take-over meet a run at any moment, many times, and count how it ended."""
    ends = {"held": 0, "answered": 0}
    dice = random.Random(7)
    for n in range(rounds):
        office.agent.delay_s = dice.uniform(0, 0.01)
        wake = await office.chat("How do I export a board?", sid=f"SM{n}")
        talk = wake.conversation_id

        async def take_over(talk: UUID = talk, pause: float = dice.uniform(0, 0.04)) -> None:
            await asyncio.sleep(pause)
            await office.desk.take_over(talk, by="ann")

        outcome, _ = await asyncio.gather(office.pipeline().handle(wake), take_over())
        ends[outcome] += 1
        # However it went: a person has it, nothing of the agent's can leave any more, and the message waits for him.
        [row] = await office.store.rows("SELECT owner, status FROM conversations WHERE id = $1", talk)
        assert row == {"owner": "staff", "status": "handed_over"}
        words = await office.store.rows("SELECT state FROM outbox WHERE conversation_id = $1", talk)
        assert [word["state"] for word in words] == ["cancelled"] * (outcome == "answered")
        assert await office.store.value("SELECT state FROM inbox WHERE provider_message_id = $1", f"SM{n}") == "held"
        await office.desk.close(talk, by="ann")
    assert await office.store.violations() == {}
    return ends


async def test_g14_whoever_wins_the_race_nothing_leaves_behind_a_take_over(office: Office) -> None:
    ends = await raced(office, ROUNDS)
    assert sum(ends.values()) == ROUNDS


@pytest.mark.full
async def test_g14_the_race_at_its_full_size(office: Office) -> None:
    ends = await raced(office, FULL_ROUNDS)
    assert min(ends.values()) > 0, ends
    print(ends)


async def test_g14_two_approvals_at_once_say_it_once(office: Office) -> None:
    await office.form("How do I export a board?", approval=True)
    talk: UUID = (await office.conversation())["id"]
    calls = [office.desk.approve(talk, by=name, draft_id=None, text=None) for name in ("ann", "bob", "cleo")]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(result, ConversationStateError) for result in results) == 2
    assert await office.store.value("SELECT count(*) FROM messages WHERE author = 'agent'") == 1
    assert await office.store.violations() == {}
