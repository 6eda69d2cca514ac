"""Poison ends: one message that a node can't survive is given up, and costs nobody else an answer."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from functools import partial
from statistics import quantiles
from typing import Any
from uuid import uuid4

import pytest

from db.operations import dead_letters
from db.pool import transaction
from deployments.runtime.quarantine import SETTLE_S
from deployments.turns.failures import MAX_ATTEMPTS, MAX_FAULTS
from deployments.turns.node_calls import PROBE
from deployments.turns.pipeline import Pipeline
from ingest.events import INCOMING, InboundMessage
from tests.fakes.nodes import FlatAnalysis, ScriptedAgent
from tests.fixtures.store import Store
from tests.fixtures.waiting import eventually
from tests.integration.pipeline.poison import (
    KINDS,
    PoisonedAgent,
    PoisonedAnalysis,
    PoisonedIdentity,
    Replica,
    Replicas,
)

MESSAGES, AT_ONCE = 500, 100.0
"""In `make test`: how many, and how many a second."""
RESTART_S = 6.0
"""Until Serve has replaced a replica that died."""
SWEEP_S = 1.0
"""The sweeper wakes what still waits."""
WAITS = "SELECT state = 'waiting' FROM inbox WHERE id = $1"
RETRY_S = (0.05, 0.05, 0.05, 0.05)
ANSWER_WITHIN_S = 2.5
"""What hangs costs everybody so long each time; what does not is through by then on a slow machine too."""


def identity(store: Store, replica: Replica | None = None) -> PoisonedIdentity:
    node = PoisonedIdentity(pool=store.pool)
    node.replica = replica or Replica(0.3)
    return node


def sickly(store: Store, *, replicas: int = 1, restart_s: float = 0.3, **options: Any) -> Pipeline:
    """A pipeline over nodes that poison does harm to, with so many replicas each."""

    def group() -> Replica:
        return Replicas(replicas, restart_s)

    return store.pipeline(
        identity=identity(store, group()),
        analysis=PoisonedAnalysis(replica=group()),
        agent=PoisonedAgent(replica=group()),
        answer_within_s=ANSWER_WITHIN_S,
        **options,
    )


async def timed(store: Store, pipeline: Pipeline, wakes: list[InboundMessage], *, rate: float) -> list[float]:
    """Let one process handle all, `rate` a second; the seconds that each took until it waited no more, in order."""

    async def finished(wake: InboundMessage) -> bool:
        await pipeline.handle(wake)
        return not await store.value(WAITS, wake.inbox_id)

    async def handle(n: int, wake: InboundMessage) -> float:
        await asyncio.sleep(n / rate)
        began = time.monotonic()
        await eventually(partial(finished, wake), within_s=240, pause_s=SWEEP_S)
        return time.monotonic() - began

    return await asyncio.gather(*(handle(n, wake) for n, wake in enumerate(wakes)))


async def written(store: Store, texts: Sequence[str]) -> list[InboundMessage]:
    """A form of each text, every one from somebody else."""
    return [await store.form(text, email=f"{uuid4().hex}@example.com") for text in texts]


def among(poison: Sequence[str], count: int) -> list[str]:
    """So many texts, the poisonous ones scattered among ordinary ones, always alike."""
    texts = [*poison, *(f"Ordinary question {n}" for n in range(count - len(poison)))]
    random.Random(7).shuffle(texts)
    return texts


async def expect_only_these_dead(store: Store, poison: Sequence[str]) -> None:
    """Exactly the poisonous ones are dead letters and handed over, and everybody was told once."""
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
    assert {row["state"] for row in rows if row not in dead} == {"answered"}
    assert {row["replies"] for row in rows} == {1}
    assert await store.violations() == {}


async def test_t_d1_one_in_a_hundred_is_poison_and_everybody_else_is_answered_once(store: Store) -> None:
    wakes = await written(store, among(KINDS, MESSAGES))
    await timed(store, sickly(store, retry_s=RETRY_S), wakes, rate=AT_ONCE)
    await expect_only_these_dead(store, KINDS)
    await replayed_by_a_release_that_can(store)
    assert await store.value("SELECT count(*) FROM inbox WHERE state = 'answered'") == MESSAGES
    assert await store.violations() == {}


@pytest.mark.full
@pytest.mark.timeout(3600)
async def test_t_d1_what_everybody_else_waits_for_poison(store: Store) -> None:
    """2,000 messages, 20 a second, three replicas a node, which take as long as real ones to come back; and the same
    without poison before.
    """
    poison = [kind for kind in KINDS for _ in range(4)]
    p95 = dict[str, float]()
    for name, texts in (("healthy", among([], 2_000)), ("poison", among(poison, 2_000))):
        wakes = await written(store, texts)
        took = await timed(store, sickly(store, replicas=3, restart_s=RESTART_S, settle_s=SETTLE_S), wakes, rate=20.0)
        ordinary = [seconds for text, seconds in zip(texts, took, strict=True) if text not in KINDS]
        p95[name] = quantiles(ordinary, n=20)[-1]
        print(f"{name}: {sum(seconds > 1 for seconds in ordinary)} of {len(ordinary)} waited more than 1 s")
    print(f"p95 {p95['healthy']:.3f} s, beside poison {p95['poison']:.3f} s")
    await expect_only_these_dead(store, poison)
    assert p95["poison"] < 2 * p95["healthy"]


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
    await timed(store, sickly(store, retry_s=RETRY_S), [await store.form(kind)], rate=1.0)
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
    await timed(store, sickly(store, retry_s=RETRY_S), [wake], rate=1.0)
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
