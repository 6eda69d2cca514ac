"""T-S3, I3: whoever types a victim's address can neither silence him, nor join him, nor use up what he is owed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from deployments.channels.traits import TRAITS
from tests.fakes.nodes import ScriptedAgent
from tests.fixtures.people import ANN, EVE, Store, accept, customer_of, handled, mail, whatsapp

MAIL_CAP = TRAITS["email"].reply_cap or pytest.fail("mail has a cap")


async def test_i3_forms_in_his_name_use_up_none_of_his_replies(store: Store) -> None:
    agent = ScriptedAgent()
    pipeline = store.pipeline(agent=agent)
    for n in range(12):
        await pipeline.handle(await store.form(f"Form {n} in his name"))
    assert await handled(store, mail("I am the victim"), agent=agent) == "answered"
    assert agent.runs[-1].replies_last_hour == 0
    assert await store.value("SELECT count(*) FROM tickets WHERE escalation_reason = 'reply_limit'") == 0


async def test_i3_forged_mails_use_up_none_of_his_replies_and_get_few(store: Store) -> None:
    agent = ScriptedAgent()
    for n in range(8):
        await handled(store, mail(f"Forged {n}", verified=False), agent=agent)
    to_him = "SELECT count(*) FROM outbox WHERE recipient = $1 AND state <> 'cancelled'"
    assert await store.value(to_him, ANN) == MAIL_CAP.replies
    assert await handled(store, mail("I am the victim"), agent=agent) == "answered"
    assert agent.runs[-1].replies_last_hour == 0
    # What he was told himself counts for the forger: together they get no more than before.
    await handled(store, mail("Forged again", verified=False), agent=agent)
    assert await store.value(to_him, ANN) == MAIL_CAP.replies + 1


async def test_i3_whoever_has_proven_himself_is_served_before_forms_in_his_name(store: Store) -> None:
    agent = ScriptedAgent()
    wakes = [await store.form(f"Flood {n}") for n in range(20)]
    await accept(store, mail("I am the victim"))
    await store.pipeline(agent=agent).handle(wakes[0])
    assert agent.runs[0].channel == "email"
    assert len(agent.runs) == 21


async def test_i3_a_hand_over_of_his_leaves_the_victims_talk_with_the_agent(store: Store) -> None:
    agent = ScriptedAgent()
    pipeline = store.pipeline(agent=agent)
    await handled(store, mail("I am the victim"), agent=agent)
    assert await pipeline.handle(await store.form("HANDOVER at once please")) == "escalated"
    assert await handled(store, mail("HANDOVER", verified=False), agent=agent) == "escalated"
    assert await handled(store, mail("Still me"), agent=agent) == "answered"
    owners = await store.rows("SELECT owner, sender_verified FROM conversations")
    assert {row["owner"] for row in owners if row["sender_verified"]} == {"agent"}


async def test_i3_a_forged_mail_in_his_thread_joins_nothing(store: Store) -> None:
    agent = ScriptedAgent()
    his = mail("I am the victim")
    joined = await accept(store, his)
    forged = mail("Me too", verified=False, thread_key=his.thread_key)
    other = await accept(store, forged)
    assert other.conversation_id != joined.conversation_id
    again = await accept(store, mail("More of mine", thread_key=his.thread_key, join_key=his.join_key))
    assert again.conversation_id == joined.conversation_id
    await handled(store, mail("And more", thread_key=his.thread_key, join_key=his.join_key), agent=agent)
    heard = next(run for run in agent.runs if run.conversation_id == joined.conversation_id)
    assert "Me too" not in heard.text + "".join(message.content for message in heard.earlier)


async def test_i3_a_forms_words_never_stand_in_what_the_owner_is_told(store: Store) -> None:
    agent = ScriptedAgent()
    await store.pipeline(agent=agent).handle(await store.form("Buy at evil.example"))
    await store.execute("UPDATE customers SET name = 'Evil Spammer'")
    await store.execute("UPDATE tickets SET subject = 'Evil subject'")
    await handled(store, mail("I am the owner", display_name=""), agent=agent)
    turn = agent.runs[-1]
    assert (turn.tier, turn.customer_name) == (1, "")
    [line] = turn.history
    assert line.endswith("(claimed in a form)")
    assert "Evil" not in line


async def test_i2_a_number_sees_bare_facts_of_forms_that_named_it_since_it_was_proven(store: Store) -> None:
    agent = ScriptedAgent()
    await store.form("Before it was proven", phone=EVE)
    await handled(store, whatsapp("Hello"), agent=agent)
    assert agent.runs[-1].history == ()
    await store.form("Canary words", email="bob@example.com", phone=EVE)
    await handled(store, whatsapp("Hello again"), agent=agent)
    history: tuple[str, ...] = agent.runs[-1].history
    [line] = history
    assert line.startswith(f"{store.numbers[-1]} how_to, open, ")
    assert line.endswith("(claimed in a form)")


async def test_i3_the_next_owner_of_a_number_is_a_customer_of_his_own(store: Store) -> None:
    agent = ScriptedAgent()
    await handled(store, whatsapp("My secret canary"), agent=agent)
    former = await customer_of(store, f"whatsapp:{EVE}")
    await store.execute("UPDATE customer_identifiers SET last_seen_at = $1", datetime.now(UTC) - timedelta(days=181))
    # A stranger who types the number keeps nobody's proof alive, and a mail that was sent lately opens nothing.
    await store.form("Typed by a stranger", phone=EVE)
    await handled(store, whatsapp("I have this number now", display_name="Max"), agent=agent)
    turn = agent.runs[-1]
    assert (turn.tier, turn.customer_name, turn.earlier) == (1, "Max", ())
    assert turn.customer_id != former
    assert not any("canary" in line for line in turn.history)
    await store.form("A form of his", email="max@example.com", phone=EVE)
    await handled(store, whatsapp("Me again"), agent=agent)
    assert agent.runs[-1].customer_id == turn.customer_id
    kinds = await store.rows("SELECT kind FROM identity_evidence WHERE customer_id = $1 ORDER BY id", former)
    assert [row["kind"] for row in kinds] == ["verified", "lapsed"]
