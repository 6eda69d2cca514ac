"""Poison ends: one message that a node can't survive is given up, and costs nobody else an answer."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from functools import partial
from statistics import quantiles

import pytest

from db.operations import dead_letters
from db.pool import transaction
from deployments.turns.failures import MAX_ATTEMPTS, MAX_FAULTS
from deployments.turns.node_calls import PROBE
from ingest.events import INCOMING, InboundMessage
from tests.fakes.nodes import FlatAnalysis, ScriptedAgent
from tests.fixtures.store import Store
from tests.fixtures.waiting import eventually
from tests.integration.pipeline.poison import KINDS, PoisonedAgent, PoisonedAnalysis, PoisonedIdentity, Replica

MESSAGES, EACH, AT_ONCE = 500, 1, 64
SWEEP_S = 1.0
"""The sweeper wakes what still waits."""
WAITS = "SELECT state = 'waiting' FROM inbox WHERE id = $1"
RETRY_S = (0.05, 0.05, 0.05, 0.05)
ANSWER_WITHIN_S = 2.5
"""What hangs costs everybody so long each time; what does not is through by then on a slow machine too."""


def identity(store: Store) -> PoisonedIdentity:
    node = PoisonedIdentity(pool=store.pool)
    node.replica = Replica(0.3)
    return node


async def handled(store: Store, wakes: list[InboundMessage]) -> list[float]:
    """Let one process handle all, as many at once as a worker does; the seconds that each took, in order."""
    pipeline = store.pipeline(
        identity=identity(store),
        analysis=PoisonedAnalysis(),
        agent=PoisonedAgent(),
        answer_within_s=ANSWER_WITHIN_S,
        retry_s=RETRY_S,
    )
    places = asyncio.Semaphore(AT_ONCE)

    async def finished(wake: InboundMessage) -> bool:
        await pipeline.handle(wake)
        return not await store.value(WAITS, wake.inbox_id)

    async def handle(wake: InboundMessage) -> float:
        async with places:
            began = time.monotonic()
            await eventually(partial(finished, wake), within_s=240, pause_s=SWEEP_S)
            return time.monotonic() - began

    return await asyncio.gather(*map(handle, wakes))


async def test_t_d1_one_in_a_hundred_is_poison_and_everybody_else_is_answered_once(store: Store) -> None:
    poison = [kind for kind in KINDS for _ in range(EACH)]
    texts = [*poison, *(f"Ordinary question {n}" for n in range(MESSAGES - len(poison)))]
    random.Random(7).shuffle(texts)
    wakes = [await store.form(text, email=f"c{n}@example.com") for n, text in enumerate(texts)]
    began = time.monotonic()
    took = await handled(store, wakes)
    ordinary = [seconds for text, seconds in zip(texts, took, strict=True) if text not in KINDS]
    print(f"{time.monotonic() - began:.1f} s in all, p95 of the ordinary {quantiles(ordinary, n=20)[-1]:.2f} s")

    rows = await store.rows(
        "SELECT trim(trailing '.' from m.content) AS content, i.state, i.attempts, t.status, t.escalation_reason,"
        " (SELECT count(*) FROM dead_letters d WHERE d.inbox_id = i.id) AS letters,"
        " (SELECT count(*) FROM outbox o WHERE o.inbound_id = i.id) AS replies"
        " FROM inbox i JOIN messages m ON m.id = i.message_id JOIN tickets t ON t.id = i.ticket_id"
    )
    dead = [row for row in rows if row["state"] == "dead"]
    assert sorted(row["content"].strip() for row in dead) == sorted(poison)
    assert {(row["status"], row["escalation_reason"], row["letters"]) for row in dead} == {
        ("escalated", "agent_error", 1)
    }
    assert Counter(row["state"] for row in rows) == {"answered": MESSAGES - len(poison), "dead": len(poison)}
    assert {row["replies"] for row in rows} == {1}
    assert await store.violations() == {}

    await replayed_by_a_release_that_can(store)
    assert await store.value("SELECT count(*) FROM inbox WHERE state = 'answered'") == MESSAGES
    assert await store.violations() == {}


async def replayed_by_a_release_that_can(store: Store) -> None:
    """People release the conversations and replay the dead letters, to nodes that nothing is poison to."""
    await store.execute("UPDATE conversations SET owner = 'agent', status = 'open', owner_token = owner_token + 1")
    pipeline = store.pipeline()
    for letter in await store.rows("SELECT id, inbox_id FROM dead_letters"):
        async with transaction(store.pool) as connection:
            await dead_letters.replay(connection, letter["id"], by="ann", wake_on=INCOMING)
        payload = await store.value("SELECT payload FROM inbox WHERE id = $1", letter["inbox_id"])
        await pipeline.handle(InboundMessage.model_validate(payload))


@pytest.mark.parametrize("kind", KINDS)
async def test_the_attempts_are_counted_in_the_store_and_end(store: Store, kind: str) -> None:
    wake = await store.form(kind)
    await handled(store, [wake])
    most = MAX_ATTEMPTS if kind == "BREAKS-IDENTITY" else MAX_FAULTS
    counted = await store.value("SELECT attempts FROM inbox")
    # The last failure of an open turn ends it; one of a turn that was never opened is counted before.
    assert counted == (most if "IDENTITY" in kind else most - 1)
    assert await store.value("SELECT count(*) FROM dead_letters") == 1
    assert await store.value("SELECT state FROM inbox") == "dead"


async def test_a_killed_worker_forgets_no_attempt(store: Store) -> None:
    wake = await store.form("KILLS-ANALYSIS")
    agent, analysis = PoisonedAgent(), PoisonedAnalysis()
    first = store.pipeline(analysis=analysis, agent=agent, answer_within_s=ANSWER_WITHIN_S, retry_s=(30.0,) * 4)
    running = asyncio.create_task(first.handle(wake))
    await eventually(lambda: store.value("SELECT attempts FROM inbox"), pause_s=0.02)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await store.execute("UPDATE inbox SET retry_at = NULL")
    assert (
        await store.pipeline(analysis=analysis, answer_within_s=ANSWER_WITHIN_S, retry_s=RETRY_S).handle(wake) == "dead"
    )
    assert await store.value("SELECT attempts FROM inbox") == MAX_FAULTS - 1


async def test_a_node_that_is_down_for_everybody_counts_against_nobody(store: Store) -> None:
    analysis = PoisonedAnalysis(replica=Replica(1.5))
    wakes = [await store.form(f"Question {n}", email=f"c{n}@example.com") for n in range(20)]
    with pytest.raises(Exception, match="ActorDiedError"):
        await analysis.replica.run(0.0, dies=True)
    pipeline = store.pipeline(analysis=analysis, retry_s=RETRY_S)
    assert set(await asyncio.gather(*map(pipeline.handle, wakes))) == {"answered"}
    assert await store.value("SELECT max(attempts) FROM inbox") == 0


async def test_what_a_person_has_is_held_for_them_however_poisonous(store: Store) -> None:
    await store.pipeline().handle(await store.form("HANDOVER please"))
    wake = await store.reply(store.numbers[0], "KILLS-ANALYSIS")
    await handled(store, [wake])
    assert await store.value("SELECT state FROM inbox WHERE id = $1", wake.inbox_id) == "held"
    assert await store.value("SELECT count(*) FROM outbox") == 1
    assert await store.value("SELECT count(*) FROM dead_letters") == 0


async def test_a_long_turn_is_bounded_for_the_agent_and_kept_for_people(store: Store) -> None:
    agent, analysis = ScriptedAgent(), FlatAnalysis()
    text = f"How do I export? {'x' * 9_900} thanks"
    assert await store.pipeline(agent=agent, analysis=analysis).handle(await store.form(text)) == "answered"
    [turn] = agent.runs
    assert len(turn.text) == 8_000
    assert all(len(read) < 8_100 for read in analysis.calls[0])
    assert analysis.calls[0] != [PROBE]
    kept = "SELECT length(content) FROM messages WHERE direction = 'inbound'"
    assert await store.value(kept) > 9_900
