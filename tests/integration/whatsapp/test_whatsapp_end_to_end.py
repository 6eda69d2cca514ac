"""From the customer's telephone and back, over a real broker: T-L5, T-L6, R7, R8."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator

import pytest

from evaluation.providers.control_client import ControlClient
from evaluation.providers.journal import Entry
from serve_app.settings.app_args import KafkaArgs
from tests.fixtures.graph import Graph
from tests.fixtures.store import Store
from tests.fixtures.waiting import PATIENCE_S, eventually
from tests.fixtures.whatsapp_channel import BOB, EVE, Line, opened_line, twilio_args

CUSTOMERS = int(os.environ.get("WHATSAPP_CUSTOMERS", "20"))
"""The issue asks for 200 at once."""
QUIET_S = 1.0


@pytest.fixture
async def graph(store: Store, database_url: str, kafka: KafkaArgs, group: str) -> AsyncIterator[Graph]:
    graph = Graph(store, database_url, kafka, group)
    await graph.worker()
    yield graph
    await graph.close()


@pytest.fixture
def quiet_s() -> float:
    """The quiet gap of the channel."""
    return QUIET_S


@pytest.fixture
async def line(
    listener: socket.socket,
    control: ControlClient,
    store: Store,
    database_url: str,
    kafka: KafkaArgs,
    graph: Graph,
    quiet_s: float,
) -> AsyncIterator[Line]:
    """The channel with its broker, and everything that works on it."""
    twilio = twilio_args(control, quiet_s=quiet_s)
    async with opened_line(listener, control, store, database_url, kafka=kafka, twilio=twilio) as opened:
        await opened.deliver()
        await eventually(lambda: relay_connected(opened))
        yield opened


async def relay_connected(line: Line) -> bool:
    return bool((await line.client.get("/health")).json()["components"]["kafka"]["status"] == "healthy")


async def settled(line: Line) -> None:
    async def done() -> bool:
        waiting = await line.store.value("SELECT count(*) FROM inbox WHERE state = 'waiting'")
        return not waiting and set(await line.states()) <= {"sent", "cancelled", "parked"}

    await eventually(done)


async def texts(line: Line) -> list[str]:
    """What was written, in the order in which it came: of posts that are under way together any may be first."""
    query = "SELECT m.content FROM inbox i JOIN messages m ON m.id = i.message_id ORDER BY i.received_at"
    return [row["content"] for row in await line.store.rows(query)]


async def test_h4_r8_a_message_is_answered_after_the_quiet_gap_without_a_sweeper(line: Line) -> None:
    for n in range(3):
        await line.write(EVE, f"Question {n}")
        await line.wait_for(n + 1, kind="whatsapp_accepted")
    assert [entry.body for entry in line.accepted()] == [f"About: Question {n}" for n in range(3)]
    decided = await line.store.rows(
        "SELECT extract(epoch FROM d.created_at - i.received_at)::float AS seconds FROM decision_records d"
        " JOIN inbox i ON i.id = d.inbox_id ORDER BY d.created_at"
    )
    print("decided after", [f"{row['seconds']:.2f} s" for row in decided])
    assert all(row["seconds"] >= QUIET_S for row in decided)
    assert await line.store.violations(within_s=60) == {}


@pytest.mark.parametrize("quiet_s", [5.0])
async def test_t_l5_twenty_messages_in_five_seconds_are_one_turn(line: Line, graph: Graph) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    for n in range(20):
        await line.write(EVE, f"line {n}")
        await asyncio.sleep(max(0.0, began + (n + 1) * 0.25 - loop.time()))
    await line.wait_for(1, kind="whatsapp_accepted")
    await settled(line)
    [answer] = line.accepted()
    lines = await texts(line)
    assert sorted(lines) == sorted(f"line {n}" for n in range(20))
    assert answer.body == "About: " + "\n".join(lines)
    assert (len(graph.agent.runs), graph.agent.overlaps) == (1, 0)
    states = [row["state"] for row in await line.store.rows("SELECT state FROM inbox ORDER BY received_at")]
    assert (states[-1], states.count("absorbed")) == ("answered", 19)
    assert await line.store.value("SELECT count(*) FROM tickets") == 1
    assert await line.store.violations(within_s=60) == {}


async def test_t_l5_a_burst_that_goes_on_while_the_agent_thinks_is_the_next_turn(line: Line, graph: Graph) -> None:
    graph.agent.hold()
    await line.write(EVE, "first")
    await graph.agent.thinking()
    for n in range(5):
        await line.write(EVE, f"more {n}")
    await eventually(lambda: line.store.value("SELECT count(*) = 6 FROM inbox"))
    graph.agent.let_go()
    await line.wait_for(2, kind="whatsapp_accepted")
    await settled(line)
    first, *more = await texts(line)
    assert (first, sorted(more)) == ("first", [f"more {n}" for n in range(5)])
    assert [entry.body for entry in line.accepted()] == ["About: first", "About: " + "\n".join(more)]
    assert graph.agent.overlaps == 0


async def test_t_l6_everything_three_times_and_each_customer_is_answered_once(line: Line, graph: Graph) -> None:
    numbers = [f"+4917011{n:05}" for n in range(CUSTOMERS)]
    for number in numbers:
        await line.write(number, f"Question of {number}", copies=3)
    await line.wait_for(CUSTOMERS, kind="whatsapp_accepted", seconds=PATIENCE_S + CUSTOMERS / 4)
    await settled(line)
    answers: dict[str, list[Entry]] = {}
    for entry in line.accepted():
        answers.setdefault(entry.to[0], []).append(entry)
    assert {to: [entry.body for entry in found] for to, found in answers.items()} == {
        f"whatsapp:{number}": [f"About: Question of {number}"] for number in numbers
    }
    assert (len(graph.agent.runs), await line.store.value("SELECT count(*) FROM tickets")) == (CUSTOMERS, CUSTOMERS)
    posts = line.control.journal(kind="webhook")
    assert len(posts) == 3 * CUSTOMERS
    assert {post.details["status"] for post in posts} == {200}
    slowest = sorted(post.details["seconds"] for post in posts)
    print(f"acknowledged: p50 {slowest[len(slowest) // 2]:.3f} s, p95 {slowest[len(slowest) * 95 // 100]:.3f} s")
    assert await line.store.violations(within_s=60) == {}


async def test_r7_the_thirty_first_message_within_an_hour_is_handed_over(line: Line, graph: Graph) -> None:
    await line.write(EVE, "Question")
    await line.wait_for(1, kind="whatsapp_accepted")
    await settled(line)
    await line.store.execute(
        "INSERT INTO outbox (id, conversation_id, ticket_id, message_id, author, channel, recipient, body, state)"
        " SELECT gen_random_uuid(), conversation_id, ticket_id, message_id, author, channel, recipient, body, 'sent'"
        " FROM outbox, generate_series(1, 29)"
    )
    for n, text in enumerate(("One too many", "Still there?")):
        await line.write(EVE, text)
        await settled(line)
        await eventually(lambda n=n: _finished(line, n + 2))
    await line.wait_for(2, kind="whatsapp_accepted")
    assert "passed this to a colleague" in line.accepted()[1].body
    [ticket] = await line.store.rows("SELECT status, escalation_reason FROM tickets")
    assert ticket == {"status": "escalated", "escalation_reason": "reply_limit"}
    # In another conversation the notice is not sent either; the ticket's page shows it.
    await line.store.execute("UPDATE conversations SET status = 'closed'")
    await line.write(EVE, "And now?")
    await eventually(lambda: _finished(line, 4))
    assert len(line.accepted()) == 2
    [reply] = await line.store.rows("SELECT state, body FROM outbox ORDER BY created_at DESC LIMIT 1")
    assert (reply["state"], "colleague" in reply["body"]) == ("cancelled", True)
    assert await line.store.value("SELECT count(*) FROM tickets WHERE escalation_reason = 'reply_limit'") == 2
    # Others are answered as ever.
    await line.write(BOB, "Hello")
    await line.wait_for(3, kind="whatsapp_accepted")


async def _finished(line: Line, count: int) -> bool:
    return bool(await line.store.value("SELECT count(*) FILTER (WHERE state <> 'waiting') = $1 FROM inbox", count))
