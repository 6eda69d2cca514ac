"""What people made of the agent's work comes out as labelled lines: without personal data, nothing of who objects."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from db.pool import transaction
from db.records import Decision
from db.staff import requested_drafts
from db.tickets import ratings
from deployments.staff.corrections import object_to_training
from deployments.staff.desk_labels import LabelLine, What, label_lines
from embeddings.workbench.sets.check import checked
from embeddings.workbench.sets.read import read_data
from serve_app.cli.data.export import of_one_mind
from tests.fixtures.office import Office

EVER = datetime(2020, 1, 1, tzinfo=UTC)
DRAFT = "Open the board menu and choose Export. The file comes by mail."


async def lines(office: Office, what: What, *, test_share: float = 0.0) -> list[LabelLine]:
    async with transaction(office.store.pool) as connection:
        return await label_lines(connection, what, EVER, test_share=test_share)


async def objected(office: Office) -> None:
    async with transaction(office.store.pool) as connection:
        assert await object_to_training(connection, "ann@example.com", objects=True)


async def drafted(office: Office, conversation: UUID, number: int) -> UUID:
    """A draft that a person has asked for."""
    decided = Decision(
        outcome="answered", reply=DRAFT, rule="answer:knowledge_base", model="none", priority="medium", sentiment=None
    )
    async with transaction(office.store.pool) as connection:
        await requested_drafts.add(connection, UUID(int=number), conversation, decided, by="ann", latency_ms=1.0)
    return UUID(int=number)


async def test_a_draft_is_labelled_by_how_much_of_it_was_changed(office: Office, tmp_path: Path) -> None:
    await office.form("I am Ann Lee, +49 30 901820. HANDOVER. How do I export a board?")
    conversation = (await office.conversation())["id"]
    for number, (sent, used) in enumerate(
        (
            (DRAFT, True),
            (f"{DRAFT} It takes a minute, Ann Lee.", True),
            ("We can't do that, sorry: your plan has no export.", False),  # the draft was left aside
        ),
        start=1,
    ):
        draft = await drafted(office, conversation, number)
        await office.replies.reply(conversation, by="ann", text=sent, draft_id=draft if used else None)
        await office.follow_up(("And who may see it?", "Where do I change the colour?", "Thank you")[number - 1])
    found = await lines(office, "drafts", test_share=0.34)
    assert [(one.label, one.split) for one in found] == [("kept", "train"), ("edited", "train"), ("rewritten", "test")]
    assert [round(one.more["changed"], 1) for one in found] == [0.0, 0.2, 0.6]
    assert found[0].question == "A question\nI am [NAME_1], [PHONE_1]. HANDOVER. How do I export a board?."
    assert found[1].question == "A question\nAnd who may see it?"
    assert found[1].more["sent"] == f"{DRAFT} It takes a minute, [NAME_1]."
    file = tmp_path / "drafts.jsonl"
    file.write_text("".join(f"{json.dumps(one.columns)}\n" for one in found))
    assert checked(read_data(file)).labels == {"kept": 1, "edited": 1, "rewritten": 1}
    await objected(office)
    assert await lines(office, "drafts") == []


async def test_an_approved_draft_is_one_too(office: Office) -> None:
    await office.form("How do I export a board?", approval=True)
    conversation = (await office.conversation())["id"]
    await office.replies.approve(conversation, by="ann", draft_id=None, text=None)
    assert [(one.label, one.more["changed"]) for one in await lines(office, "drafts")] == [("kept", 0.0)]


async def test_a_mark_labels_the_answer_that_the_agent_alone_gave(office: Office) -> None:
    await office.form("How do I reset my password?")
    await office.store.execute("UPDATE messages SET sources = '[\"reset-your-password\"]' WHERE author = 'agent'")
    async with transaction(office.store.pool) as connection:
        await ratings.rate(connection, office.store.numbers[0], good=False, reopen=False)
    [line] = await lines(office, "ratings")
    assert (line.label, line.more["rested_on"]) == ("bad", ["reset-your-password"])
    assert line.more["reply"]
    assert [one.label for one in await lines(office, "escalation")] == []  # whether a person was needed nobody said
    async with transaction(office.store.pool) as connection:
        await ratings.rate(connection, office.store.numbers[0], good=True, reopen=False)
    assert [(one.label, one.more) for one in await lines(office, "escalation")] == [("none", {"decided": "answered"})]


async def test_a_hand_over_keeps_its_class_when_answered_and_is_none_when_given_back(office: Office) -> None:
    await office.form("HANDOVER. Can I have my money back?")
    conversation = (await office.conversation())["id"]
    await office.store.execute("UPDATE decision_records SET reason = 'refund'")
    assert await lines(office, "escalation") == []
    await office.desk.take_over(conversation, by="ann")
    await office.desk.release(conversation, by="ann")
    await office.store.execute("DELETE FROM decision_records WHERE outcome = 'answered'")
    [needless] = await lines(office, "escalation")
    assert (needless.label, needless.more) == ("none", {"decided": "refund"})
    await office.desk.take_over(conversation, by="ann")
    await office.replies.reply(conversation, by="ann", text="Yes, it is on its way.")
    [needed] = await lines(office, "escalation")
    assert (needed.label, needed.question) == ("refund", "A question\nHANDOVER. Can I have my money back?.")
    assert of_one_mind([needless, needed]) == []
