"""The desk's own questions with what answered them come out without personal data, the newest to measure with."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from db.pool import transaction
from db.staff.exports import What
from db.tickets import ratings
from deployments.staff.corrections import object_to_training
from deployments.staff.exports import QuestionLine, question_lines
from embeddings.workbench.sets.read import read_data
from serve_app.cli.data.export import without_leaks
from tests.fixtures.office import Office

EVER = datetime(2020, 1, 1, tzinfo=UTC)


async def lines(office: Office, what: What, *, test_share: float = 0.5) -> list[QuestionLine]:
    async with transaction(office.store.pool) as connection:
        return await question_lines(connection, what, EVER, test_share=test_share)


async def answered_by_ann(office: Office, reply: str) -> None:
    """Ann answers the only conversation and resolves it."""
    conversation = (await office.conversation())["id"]
    await office.desk.take_over(conversation, by="ann")
    await office.replies.reply(conversation, by="ann", text=reply)
    await office.desk.resolve(conversation, by="ann")


async def test_a_person_s_reply_is_a_pair_without_personal_data(office: Office, tmp_path: Path) -> None:
    await office.form("I am Ann Lee, +49 30 901820. Where do I change the colour?")
    await answered_by_ann(office, "Under Looks, Ann Lee.")
    [line] = await lines(office, "replies", test_share=1.0)
    assert line.question == "A question\nI am [NAME_1], [PHONE_1]. Where do I change the colour?."
    assert line.passage is not None
    assert "Under Looks" in line.passage
    assert "Ann" not in line.passage
    assert not any(mark in f"{line.passage}{line.question}" for mark in ("TKT-", "status#", "Kind regards"))
    (tmp_path / "a.jsonl").write_text(json.dumps(line.columns), encoding="utf-8")
    [example] = read_data(tmp_path / "a.jsonl").examples
    assert (example.text, example.answers, example.split) == (line.question, (line.passage,), "test")


async def test_links_and_numbers_that_open_a_ticket_stay_here(office: Office) -> None:
    """Customers paste what we sent them, and a person may write a link themselves."""
    await office.form("Your link http://desk.example/status#TKT-0042:c2VjcmV0 for TKT-0042 does not open. Why?")
    await answered_by_ann(office, "Open http://desk.example/status#TKT-0042:c2VjcmV0 again.")
    [line] = await lines(office, "replies", test_share=1.0)
    assert "does not open" in line.question
    assert not any(secret in f"{line.question}{line.passage}" for secret in ("c2VjcmV0", "TKT-0042"))


async def test_nothing_of_one_who_objects_nor_of_what_is_open(office: Office) -> None:
    await office.form("Where do I change the colour?")
    assert await lines(office, "replies") == []
    await answered_by_ann(office, "Under Looks.")
    assert len(await lines(office, "replies")) == 1
    async with transaction(office.store.pool) as connection:
        assert await object_to_training(connection, "ann@example.com", objects=True)
    assert await lines(office, "replies") == []


async def test_an_answer_that_a_customer_called_good_names_its_sections(office: Office) -> None:
    await office.form("How do I reset my password?")
    await office.store.rows(
        "UPDATE messages SET sources = '[\"reset-your-password\"]' WHERE author = 'agent' RETURNING id"
    )
    async with transaction(office.store.pool) as connection:
        await ratings.rate(connection, office.store.numbers[0], good=True, reopen=False)
    [line] = await lines(office, "answers", test_share=0.0)
    assert (line.answers, line.passage, line.split) == (("reset-your-password",), None, "train")
    assert line.columns["answers"] == ["reset-your-password"]


def test_what_is_asked_again_later_is_only_measured_with() -> None:
    def asked(text: str, split: str) -> QuestionLine:
        return QuestionLine(
            question=text, passage="x", answers=(), split=split, date=datetime.now(UTC).date()  # type: ignore[arg-type]
        )  # fmt: skip

    old = [asked("How do I export a whole board?", "train"), asked("Who can see my tasks?", "train")]
    new = [asked("how do i export a whole board", "test")]
    assert without_leaks([*old, *new]) == [old[1], new[0]]
