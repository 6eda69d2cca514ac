"""What the staff corrected comes out as labelled lines: without personal data, and nothing of those who object."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db.identity.merges import merge
from db.pool import acquire, transaction
from deployments.staff.corrections import LabelledLine, labelled_lines, object_to_training
from embeddings.workbench.ticket_labels import read_corrections
from ingest.identifiers import InvalidIdentifierError
from serve_app.cli.data.corrections import corrections, objection
from serve_app.embedded.base.errors import UserError
from tests.fixtures.office import Office

EVER = datetime(2020, 1, 1, tzinfo=UTC)


async def lines(office: Office, since: datetime = EVER) -> list[LabelledLine]:
    async with transaction(office.store.pool) as connection:
        return await labelled_lines(connection, since)


async def objects(office: Office, who: str, *, really: bool = True) -> bool:
    async with transaction(office.store.pool) as connection:
        return await object_to_training(connection, who, objects=really)


async def corrected(office: Office, message: str) -> None:
    """File a form of Ann Lee's, whose ticket two of the staff correct one after the other."""
    await office.form(message)
    conversation = (await office.conversation())["id"]
    await office.desk.label(conversation, by="ann", category="technical", priority=None)
    await office.desk.label(conversation, by="bob", category="billing", priority=None)


async def test_a_correction_is_a_labelled_line_without_personal_data(office: Office) -> None:
    await corrected(office, "I am Ann Lee, ann@example.com, +49 30 901820. Who charged my card 4111 1111 1111 1111?")
    await office.follow_up("Thank you, that is all")
    [line] = await lines(office)
    assert line.text == "A question\nI am [NAME_1], [EMAIL_1], [PHONE_1]. Who charged my card [CARD_1]?."
    assert (line.category, line.priority, line.corrected) == ("billing", "medium", ("category",))
    assert (line.language, line.channel, line.date) == ("en", "web_form", datetime.now(UTC).date())


async def test_what_nobody_corrected_or_too_long_ago_is_no_line(office: Office) -> None:
    await office.form("How do I export a board?")
    assert await lines(office) == []
    await office.desk.label((await office.conversation())["id"], by="ann", category="technical", priority=None)
    assert len(await lines(office)) == 1
    assert await lines(office, datetime.now(UTC) + timedelta(hours=1)) == []


async def test_nothing_is_learned_of_who_objects_until_they_take_it_back(office: Office) -> None:
    await corrected(office, "Who charged my card?")
    assert await objects(office, "Ann@Example.com")
    assert await lines(office) == []
    assert await objects(office, "ann@example.com", really=False)
    assert len(await lines(office)) == 1


async def test_an_objection_holds_for_who_they_are_merged_into(office: Office) -> None:
    await corrected(office, "Who charged my card?")
    await office.store.form("Another question", email="other@example.com")
    assert await objects(office, "other@example.com")
    winner, loser = [
        await office.store.value("SELECT id FROM customers WHERE email = $1", email)
        for email in ("ann@example.com", "other@example.com")
    ]
    async with acquire(office.store.pool) as connection:
        await merge(connection, winner=winner, loser=loser, tier=3, actor="ann", evidence="they said so")
    assert await lines(office) == []
    # Both are one person now, and say together what holds for each: also should the merge be taken back.
    count = "SELECT count(*) FROM customers WHERE training_objection IS NOT NULL"
    assert await objects(office, "ann@example.com", really=False)
    assert await office.store.value(count) == 0
    assert await objects(office, "ann@example.com")
    assert await office.store.value(count) == 2


async def test_the_command_writes_lines_to_train_with_only_where_the_company_allows_it(
    office: Office, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await corrected(office, "Who charged my card?")
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("LEARN_FROM_CUSTOMERS", "false")
    file = tmp_path / "corrections.jsonl"
    with pytest.raises(UserError, match="LEARN_FROM_CUSTOMERS"):
        await asyncio.to_thread(corrections, file)
    assert not file.exists()
    monkeypatch.setenv("LEARN_FROM_CUSTOMERS", "true")
    await asyncio.to_thread(corrections, file)
    [message] = read_corrections(file)
    assert (message.text, message.category) == ("A question\nWho charged my card?.", "billing")
    await asyncio.to_thread(objection, "ann@example.com")
    await asyncio.to_thread(corrections, file)
    assert read_corrections(file) == []


async def test_an_objection_of_somebody_unknown_is_none(office: Office) -> None:
    assert not await objects(office, "nobody@example.com")
    with pytest.raises(InvalidIdentifierError):
        await objects(office, "12")
