"""The pipeline over a real store: answers, hand-overs, silence after them, failures, fencing."""

from __future__ import annotations

import asyncio

import pytest

from db.operations import dead_letters
from db.pool import transaction
from db.records import Turn
from ingest.events import INCOMING
from tests.fakes.nodes import FlatAnalysis, ScriptedAgent
from tests.fixtures.store import Store
from tests.fixtures.waiting import eventually


async def test_k2_a_form_is_answered_once(store: Store) -> None:
    wake = await store.form("How do I export a board?")
    pipeline = store.pipeline()
    assert await pipeline.handle(wake) == "answered"
    assert await pipeline.handle(wake) == "idle"
    assert await store.violations() == {}
    [message] = await store.rows("SELECT * FROM messages WHERE author = 'agent'")
    assert message["content"].startswith("About: How do I export")
    [ticket] = await store.rows("SELECT * FROM tickets")
    assert (ticket["status"], ticket["escalation_reason"]) == ("waiting", None)
    [event] = await store.rows("SELECT * FROM events WHERE topic = 'fte.tickets.outgoing'")
    assert event["key"] == "email:ann@example.com"
    assert event["value"]["recipient"] == "ann@example.com"


async def test_g15_a_ticket_is_in_processing_while_the_agent_thinks(store: Store) -> None:
    agent = ScriptedAgent()
    agent.hold()
    running = asyncio.create_task(store.pipeline(agent=agent).handle(await store.form("How do I export a board?")))
    await agent.thinking()
    assert await store.value("SELECT status FROM tickets") == "processing"
    assert agent.runs[0].ticket.status == "processing"
    agent.let_go()
    await running
    assert await store.value("SELECT status FROM tickets") == "waiting"


async def test_g14_after_a_hand_over_messages_are_held_and_the_agent_does_not_reply(store: Store) -> None:
    agent = ScriptedAgent()
    pipeline = store.pipeline(agent=agent)
    assert await pipeline.handle(await store.form("HANDOVER please")) == "escalated"
    [ticket] = await store.rows("SELECT * FROM tickets")
    assert (ticket["status"], ticket["escalation_reason"], ticket["queue"]) == ("escalated", "human_request", "general")
    [conversation] = await store.rows("SELECT * FROM conversations")
    assert (conversation["status"], conversation["owner"]) == ("handed_over", "staff")
    [event] = await store.rows("SELECT * FROM events WHERE topic = 'fte.escalations'")
    assert event["value"]["reason"] == "human_request"

    assert await pipeline.handle(await store.reply(store.numbers[0], "Are you still there, terrible?")) == "held"
    assert len(agent.runs) == 1
    assert await store.value("SELECT count(*) FROM outbox") == 1
    assert await store.value("SELECT status FROM tickets") == "escalated"
    assert await store.violations() == {}


async def test_g7_every_score_is_stored_with_the_running_score_and_its_trend(store: Store) -> None:
    analysis = FlatAnalysis(scores={"fine": 0.8, "worse": 0.6, "bad": 0.4})
    pipeline = store.pipeline(analysis=analysis)
    await pipeline.handle(await store.form("All fine here"))
    await pipeline.handle(await store.reply(store.numbers[0], "getting worse"))
    await store.execute("UPDATE conversations SET owner = 'staff'")
    await pipeline.handle(await store.reply(store.numbers[0], "now it is bad"))  # held messages are scored too
    scores = await store.rows("SELECT sentiment FROM messages WHERE direction = 'inbound' ORDER BY created_at")
    assert [round(row["sentiment"], 3) for row in scores] == [0.8, 0.6, 0.4]
    [conversation] = await store.rows("SELECT * FROM conversations")
    assert conversation["sentiment_score"] == pytest.approx(0.6)
    assert conversation["sentiment_trend"] == pytest.approx(-0.2)


async def test_a_burst_in_one_conversation_is_one_turn(store: Store) -> None:
    pipeline = store.pipeline()
    await pipeline.handle(await store.form("The first question"))
    wakes = [await store.reply(store.numbers[0], text) for text in ("one", "two", "three")]
    outcomes = await asyncio.gather(*(pipeline.handle(wake) for wake in wakes))
    assert sorted(outcomes) == ["answered", "idle", "idle"]
    states = await store.rows("SELECT state, absorbed_by FROM inbox ORDER BY received_at")
    assert [row["state"] for row in states] == ["answered", "absorbed", "absorbed", "answered"]
    assert await store.value(
        "SELECT content FROM messages WHERE author = 'agent' ORDER BY created_at DESC LIMIT 1"
    ) == ("About: one\ntwo\nthree")
    assert await store.violations() == {}


async def test_k1_a_customers_messages_run_one_at_a_time_and_are_all_answered(store: Store) -> None:
    agent = ScriptedAgent(delay_s=0.05)
    first, second = store.pipeline(agent=agent, holder="a"), store.pipeline(agent=agent, holder="b")
    wakes = [await store.form(f"Question number {n}") for n in range(6)]
    await asyncio.gather(*(p.handle(wake) for wake in wakes for p in (first, second)))
    assert agent.overlaps == 0
    assert await store.value("SELECT count(*) FROM inbox WHERE state = 'answered'") == 6
    assert len(agent.runs) == 6
    assert await store.violations() == {}


async def test_customers_run_side_by_side(store: Store) -> None:
    agent = ScriptedAgent()
    agent.hold()
    pipeline = store.pipeline(agent=agent)
    wakes = [await store.form("A slow question", email=f"c{n}@example.com") for n in range(20)]
    running = asyncio.gather(*map(pipeline.handle, wakes))
    await agent.thinking(20)
    agent.let_go()
    assert set(await running) == {"answered"}


async def test_i3_a_form_sees_nothing_of_the_address_it_names(store: Store) -> None:
    agent = ScriptedAgent()
    pipeline = store.pipeline(agent=agent)
    await pipeline.handle(await store.form("My secret canary word"))
    await store.execute("UPDATE customers SET name = 'Ann Canary'")
    await store.execute("UPDATE customer_identifiers SET tier = 1")
    await pipeline.handle(await store.form("What did I write before?"))
    turn = agent.runs[1]
    assert (turn.tier, turn.history, turn.earlier, turn.customer_name) == (0, (), (), "Ann Lee")


async def test_i2_a_verified_sender_sees_forms_naming_them_without_their_text(store: Store) -> None:
    agent = ScriptedAgent()
    pipeline = store.pipeline(agent=agent)
    await pipeline.handle(await store.form("My secret canary word"))
    wake = await store.form("This one comes by mail")
    by_mail = "UPDATE conversations SET channel = 'email', sender_verified = true WHERE id = $1"
    await store.execute(by_mail, wake.conversation_id)
    await store.execute("UPDATE customer_identifiers SET tier = 1, verified_at = now() - interval '1 day'")
    await pipeline.handle(wake)
    turn = agent.runs[1]
    [line] = turn.history
    assert turn.tier == 1
    assert line.startswith(f"{store.numbers[0]} how_to, waiting")
    assert line.endswith("(claimed in a form)")


async def test_i3_an_unverified_mail_sees_no_more_than_a_form(store: Store) -> None:
    agent = ScriptedAgent()
    pipeline = store.pipeline(agent=agent)
    await pipeline.handle(await store.form("My secret canary word"))
    forged = await store.form("This one comes by mail")
    await store.execute("UPDATE conversations SET channel = 'email' WHERE id = $1", forged.conversation_id)
    await store.execute("UPDATE customer_identifiers SET tier = 1")
    await pipeline.handle(forged)
    assert (agent.runs[1].tier, agent.runs[1].history) == (0, ())


async def test_a_take_over_while_the_agent_thinks_silences_it(store: Store) -> None:
    agent = ScriptedAgent()
    agent.hold()
    pipeline = store.pipeline(agent=agent)
    running = asyncio.create_task(pipeline.handle(await store.form("A question to take over")))
    await agent.thinking()
    await store.execute("UPDATE conversations SET owner = 'staff', owner_token = owner_token + 1")
    agent.let_go()
    assert await running == "held"
    assert await store.value("SELECT count(*) FROM outbox") == 0
    assert await store.value("SELECT state FROM inbox") == "held"


async def test_an_expired_lease_fences_its_former_holder(store: Store) -> None:
    slow, quick = ScriptedAgent(), ScriptedAgent()
    slow.hold()
    wake = await store.form("Who answers this?")
    late = asyncio.create_task(store.pipeline(agent=slow, holder="late").handle(wake))
    await slow.thinking()
    await store.execute("UPDATE customer_leases SET lease_until = now() - interval '1 s'")
    assert await store.pipeline(agent=quick, holder="next").handle(wake) == "answered"
    slow.let_go()
    assert await late == "idle"
    assert await store.value("SELECT count(*) FROM messages WHERE author = 'agent'") == 1
    assert await store.violations() == {}


async def test_leases_are_renewed_while_a_turn_runs(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deployments.turns.leases.RENEW_EVERY_S", 0.1)
    agent = ScriptedAgent()
    agent.hold()
    running = asyncio.create_task(store.pipeline(agent=agent).handle(await store.form("A long thought")))
    await agent.thinking()
    before = await store.value("SELECT lease_until FROM customer_leases")
    await eventually(lambda: store.value("SELECT lease_until > $1 FROM customer_leases", before))
    agent.let_go()
    assert await running == "answered"


async def test_k4_a_message_that_keeps_failing_gets_one_apology_and_a_hand_over(store: Store) -> None:
    agent = ScriptedAgent()
    pipeline = store.pipeline(agent=agent, retry_s=(0.05, 0.05, 0.05, 0.05))
    wake = await store.form("This is BROKEN")
    assert await pipeline.handle(wake) == "dead"
    assert len(agent.runs) == 5
    [letter] = await store.rows("SELECT * FROM dead_letters")
    assert letter["inbox_id"] == wake.inbox_id
    assert letter["cause"] == "ValueError: the agent can't handle this"
    [ticket] = await store.rows("SELECT * FROM tickets")
    assert (ticket["status"], ticket["escalation_reason"]) == ("escalated", "agent_error")
    [reply] = await store.rows("SELECT * FROM outbox")
    assert "Hello Ann Lee" in reply["body"]
    assert store.numbers[0] in reply["body"]
    [event] = await store.rows("SELECT value FROM events WHERE topic = 'fte.tickets.dlq'")
    assert event["value"]["id"] == str(letter["id"])
    assert await store.violations() == {}
    assert await pipeline.handle(wake) == "idle"


async def test_a_transient_failure_is_retried_and_the_message_answered(store: Store) -> None:
    failures = [ValueError("once"), ValueError("twice")]

    def sometimes(turn: Turn) -> None:
        if failures:
            raise failures.pop()

    pipeline = store.pipeline(agent=ScriptedAgent(before=sometimes), retry_s=(0.05, 0.05, 0.05, 0.05))
    assert await pipeline.handle(await store.form("Third time lucky")) == "answered"
    assert await store.value("SELECT attempts FROM inbox") == 2
    assert await store.violations() == {}


async def test_t_d2_beyond_the_limit_nothing_is_dead_lettered(store: Store) -> None:
    pipeline = store.pipeline(retry_s=(0.01,) * 4, may_dead_letter=lambda: False)
    assert await pipeline.handle(await store.form("This is BROKEN")) == "failed"
    assert await store.value("SELECT count(*) FROM dead_letters") == 0
    assert await store.value("SELECT state FROM inbox") == "waiting"


async def test_m4_each_interaction_leaves_its_metrics(store: Store) -> None:
    pipeline = store.pipeline()
    await pipeline.handle(await store.form("How do I export a board?"))
    await pipeline.handle(await store.reply(store.numbers[0], "HANDOVER"))
    rows = await store.rows("SELECT metric_type, value FROM agent_metrics ORDER BY id")
    by_type: dict[str, list[float]] = {}
    for row in rows:
        by_type.setdefault(row["metric_type"], []).append(row["value"])
    assert by_type["escalation"] == [0.0, 1.0]
    assert by_type["message_volume"] == [2.0, 2.0]
    assert by_type["conversation_count"] == [1.0]
    assert by_type["sentiment"] == [pytest.approx(0.6), pytest.approx(0.6)]
    assert all(0 < value < 10_000 for value in by_type["response_latency"])


async def test_the_decision_record_holds_rule_stages_and_latency(store: Store) -> None:
    await store.pipeline().handle(await store.form("How do I export a board?"))
    [record] = await store.rows("SELECT * FROM decision_records")
    assert record["rule"] == "scripted"
    assert set(record["stages_ms"]) == {"identity", "analysis", "agent"}
    assert record["latency_ms"] > 0


async def test_k4_a_replayed_message_is_answered_by_the_agent_after_release(store: Store) -> None:
    failing = store.pipeline(retry_s=(0.01,) * 4)
    wake = await store.form("This is BROKEN")
    assert await failing.handle(wake) == "dead"
    letter = await store.value("SELECT id FROM dead_letters")
    await store.execute("UPDATE conversations SET owner = 'agent', status = 'open', owner_token = owner_token + 1")
    async with transaction(store.pool) as connection:
        await dead_letters.replay(connection, letter, by="ann", wake_on=INCOMING)
    await store.execute("UPDATE messages SET content = 'mended' WHERE id = (SELECT message_id FROM inbox)")
    assert await store.pipeline().handle(wake) == "answered"
    assert await store.value("SELECT count(*) FROM outbox") == 2
    assert await store.value("SELECT escalation_reason FROM tickets") == "agent_error"  # kept after release
    assert await store.violations() == {}


async def test_s7_a_cancelled_turn_releases_its_lease(store: Store) -> None:
    agent = ScriptedAgent()
    agent.hold()
    pipeline = store.pipeline(agent=agent, holder="leaving")
    wake = await store.form("How do I export a board?")
    running = asyncio.create_task(pipeline.handle(wake))
    await agent.thinking()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await pipeline.close()
    assert await store.pipeline(holder="next").handle(wake) == "answered"
    assert await store.violations() == {}
