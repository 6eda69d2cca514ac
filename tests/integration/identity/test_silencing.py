"""T-S3, I3: messages that name a victim's address can neither silence the agent for the victim, nor join their
conversations, nor use up their replies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from deployments.channels.traits import TRAITS
from tests.fakes.nodes import ScriptedAgent
from tests.fixtures.people import ANN, EVE, Store, accept, customer_of, handled, mail, whatsapp

MAIL_CAP = TRAITS["email"].reply_cap or pytest.fail("mail has a cap")


async def test_i3_forms_naming_a_victim_do_not_count_against_their_reply_limit(store: Store) -> None:
    agent = ScriptedAgent()
    pipeline = store.pipeline(agent=agent)
    for n in range(12):
        await pipeline.handle(await store.form(f"Form {n} in their name"))
    assert await handled(store, mail("I am the victim"), agent=agent) == "answered"
    assert agent.runs[-1].replies_last_hour == 0
    assert await store.value("SELECT count(*) FROM tickets WHERE escalation_reason = 'reply_limit'") == 0


async def test_i3_forged_mails_do_not_count_against_the_victims_reply_limit_and_are_capped(store: Store) -> None:
    agent = ScriptedAgent()
    for n in range(8):
        await handled(store, mail(f"Forged {n}", verified=False), agent=agent)
    sent_to_victim = "SELECT count(*) FROM outbox WHERE recipient = $1 AND state <> 'cancelled'"
    assert await store.value(sent_to_victim, ANN) == MAIL_CAP.replies
    assert await handled(store, mail("I am the victim"), agent=agent) == "answered"
    assert agent.runs[-1].replies_last_hour == 0
    # The reply to the victim counts for the forger: together they get no more than the cap.
    await handled(store, mail("Forged again", verified=False), agent=agent)
    assert await store.value(sent_to_victim, ANN) == MAIL_CAP.replies + 1


async def test_i3_a_verified_message_is_answered_before_forms_naming_its_sender(store: Store) -> None:
    agent = ScriptedAgent()
    wakes = [await store.form(f"Flood {n}") for n in range(20)]
    await accept(store, mail("I am the victim"))
    await store.pipeline(agent=agent).handle(wakes[0])
    assert agent.runs[0].channel == "email"
    assert len(agent.runs) == 21


async def test_i3_hand_overs_of_unverified_messages_do_not_silence_the_victims_conversation(store: Store) -> None:
    agent = ScriptedAgent()
    pipeline = store.pipeline(agent=agent)
    await handled(store, mail("I am the victim"), agent=agent)
    assert await pipeline.handle(await store.form("HANDOVER at once please")) == "escalated"
    assert await handled(store, mail("HANDOVER", verified=False), agent=agent) == "escalated"
    assert await handled(store, mail("Still me"), agent=agent) == "answered"
    owners = await store.rows("SELECT owner, sender_verified FROM conversations")
    assert {row["owner"] for row in owners if row["sender_verified"]} == {"agent"}


async def test_i3_a_forged_mail_does_not_join_the_victims_thread(store: Store) -> None:
    agent = ScriptedAgent()
    genuine = mail("I am the victim")
    joined = await accept(store, genuine)
    forged = mail("Me too", verified=False, thread_key=genuine.thread_key)
    other = await accept(store, forged)
    assert other.conversation_id != joined.conversation_id
    again = await accept(store, mail("More of mine", thread_key=genuine.thread_key, join_key=genuine.join_key))
    assert again.conversation_id == joined.conversation_id
    await handled(store, mail("And more", thread_key=genuine.thread_key, join_key=genuine.join_key), agent=agent)
    joined_run = next(run for run in agent.runs if run.conversation_id == joined.conversation_id)
    assert "Me too" not in joined_run.text + "".join(message.content for message in joined_run.earlier)


async def test_i3_the_owners_history_shows_no_text_of_a_form_naming_them(store: Store) -> None:
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


async def test_i2_a_number_sees_only_facts_of_forms_naming_it_after_its_verification(store: Store) -> None:
    agent = ScriptedAgent()
    await store.form("Before it was proven", phone=EVE)
    await handled(store, whatsapp("Hello"), agent=agent)
    assert agent.runs[-1].history == ()
    await store.form("Canary text", email="bob@example.com", phone=EVE)
    await handled(store, whatsapp("Hello again"), agent=agent)
    history: tuple[str, ...] = agent.runs[-1].history
    [line] = history
    assert line.startswith(f"{store.numbers[-1]} how_to, open, ")
    assert line.endswith("(claimed in a form)")


async def test_i3_the_next_owner_of_a_number_is_a_new_customer(store: Store) -> None:
    agent = ScriptedAgent()
    await handled(store, whatsapp("My secret canary"), agent=agent)
    former = await customer_of(store, f"whatsapp:{EVE}")
    await store.execute("UPDATE customer_identifiers SET last_seen_at = $1", datetime.now(UTC) - timedelta(days=181))
    # A form that names the number does not extend its verification.
    await store.form("Typed by a stranger", phone=EVE)
    await handled(store, whatsapp("I have this number now", display_name="Max"), agent=agent)
    turn = agent.runs[-1]
    assert (turn.tier, turn.customer_name, turn.earlier) == (1, "Max", ())
    assert turn.customer_id != former
    assert not any("canary" in line for line in turn.history)
    await store.form("A form of the new owner", email="max@example.com", phone=EVE)
    await handled(store, whatsapp("Me again"), agent=agent)
    assert agent.runs[-1].customer_id == turn.customer_id
    kinds = await store.rows("SELECT kind FROM identity_evidence WHERE customer_id = $1 ORDER BY id", former)
    assert [row["kind"] for row in kinds] == ["verified", "lapsed"]
