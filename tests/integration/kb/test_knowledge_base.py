"""`nightdesk kb` over a real PostgreSQL: what comes from where, what a start leaves alone, what was asked in vain."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db import knowledge
from db.knowledge import DOCUMENTS
from db.outbound import channel_configs
from db.pool import acquire, create_pool
from deployments.agent.live_gate import LOOK_EVERY_S, LiveGate
from deployments.agent.node import stored_passages
from embeddings.encoder import Encoder
from embeddings.indexer import PriceInSectionError, SectionTakenError, SyncReport
from embeddings.relevance import RelevanceGate
from serve_app.cli.kb.store import Base, added, gaps_since, removed, sections, sync_all, sync_documents
from serve_app.embedded.base.errors import UserError
from serve_app.settings.company_documents import company_of
from serve_app.settings.settings import settings_from
from tests.fixtures.store import Store
from tests.integration.kb.conftest import AREA, TRACK

BREWER = "# Clean the brewomat\n\nFill the brewomat with vinegar and let it run twice.\n"


@pytest.fixture
async def base(database_url: str, folder: Path) -> AsyncIterator[Base]:
    settings = settings_from({"database_url": database_url, "context_dir": folder})
    pool = await create_pool(database_url, size=4)
    yield Base(pool=pool, settings=settings, company=company_of(settings))
    await pool.close()


@pytest.fixture
def manual(tmp_path: Path) -> Path:
    """A file beside the company's documents."""
    path = tmp_path / "brewer.md"
    write(path, BREWER)
    return path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def remove(path: Path) -> None:
    path.unlink()


async def held(base: Base) -> dict[str, set[str]]:
    """The slugs of each origin."""
    found: dict[str, set[str]] = {}
    for section in await sections(base):
        found.setdefault(section.origin, set()).add(section.slug)
    return found


async def version(base: Base) -> int:
    async with acquire(base.pool) as connection:
        return await knowledge.version(connection, base.model_id)


async def test_a_start_deletes_only_what_a_start_has_put_there(base: Base, folder: Path, manual: Path) -> None:
    await sync_documents(base)
    await added(base, manual)
    write(folder / "product-docs.md", AREA + TRACK)
    report = await sync_documents(base)
    assert report == SyncReport(added=0, updated=0, removed=1, unchanged=1)
    assert await held(base) == {DOCUMENTS: {"track-a-parcel"}, str(manual): {"brewer--clean-the-brewomat"}}


async def test_a_start_writes_the_company_s_name_into_the_templates(base: Base) -> None:
    await sync_documents(base)
    async with acquire(base.pool) as connection:
        configs = await channel_configs.list_all(connection)
    assert {config.facts["company"] for config in configs.values()} == {"Brindlewick"}


async def test_sync_reads_added_files_again_and_names_those_that_are_gone(base: Base, manual: Path) -> None:
    await added(base, manual)
    write(manual, BREWER.replace("twice", "three times"))
    documents, brewer = await sync_all(base)
    assert (documents.origin, brewer.origin) == (DOCUMENTS, str(manual))
    assert brewer.report == SyncReport(added=0, updated=1, removed=0, unchanged=0)
    remove(manual)
    (_, gone) = await sync_all(base)
    assert gone.report is None
    assert f"nightdesk kb remove {manual}" in gone.line
    assert str(manual) in await held(base)


async def test_what_was_added_is_removed_by_its_path_also_when_it_is_gone(base: Base, manual: Path) -> None:
    await sync_documents(base)
    await added(base, manual)
    remove(manual)
    assert await removed(base, "brewer.md", str(manual)) == 1
    assert list(await held(base)) == [DOCUMENTS]
    with pytest.raises(UserError, match="nothing was added from"):
        await removed(base, "brewer.md", str(manual))
    with pytest.raises(UserError, match="the company's own documents"):
        await removed(base, DOCUMENTS, "/documents")


async def test_a_section_never_takes_the_place_of_another_file_s(base: Base, manual: Path, tmp_path: Path) -> None:
    await added(base, manual)
    other = tmp_path / "second" / "brewer.md"
    write(other, BREWER.replace("vinegar", "lemon"))
    with pytest.raises(SectionTakenError, match="rename it"):
        await added(base, other)
    assert "vinegar" in (await sections(base))[0].content


async def test_prices_are_refused_from_any_source(base: Base, manual: Path) -> None:
    write(manual, "# Spare parts\n\nA new filter costs 12 euros.")
    with pytest.raises(PriceInSectionError, match=r"brewer\.md"):
        await added(base, manual)
    assert await held(base) == {}


async def test_a_change_is_counted_and_found_without_a_restart(base: Base, manual: Path) -> None:
    await sync_documents(base)
    before = await version(base)
    await sync_documents(base)
    assert await version(base) == before
    search, encoder = stored_passages(base.pool), Encoder()
    vector = encoder.encode(["How do I clean the brewomat?"])[0]
    nearest = await search(base.model_id, vector, limit=1, category=None)
    assert nearest[0].slug != "brewer--clean-the-brewomat"
    await added(base, manual)
    nearest = await search(base.model_id, vector, limit=1, category=None)
    assert nearest[0].slug == "brewer--clean-the-brewomat"
    assert await version(base) == before + 1


async def test_the_words_of_a_new_section_are_known_to_a_running_agent(base: Base, manual: Path) -> None:
    await sync_documents(base)
    now = 0.0
    live = LiveGate(RelevanceGate.load(), pool=base.pool, clock=lambda: now)
    typed = "How do I clean the brewomta?"
    assert (await live.current()).prepare(typed) == typed
    await added(base, manual)
    assert (await live.current()).prepare(typed) == typed
    now = LOOK_EVERY_S
    assert (await live.current()).prepare(typed) == "How do I clean the brewomat?"


async def test_questions_in_vain_are_grouped_by_topic_and_counted_by_customer(base: Base, store: Store) -> None:
    for name, question in (
        ("ann", "HANDOVER Can I pay with a cheque?"),
        ("ann", "HANDOVER Is it possible to pay by cheque?"),
        ("bob", "HANDOVER Do you take cheques as payment?"),
        ("cy", "HANDOVER Is there a shop of yours in Leeds?"),
        ("dee", "HANDOVER How do I track my parcel?"),
    ):
        await store.pipeline().handle(await store.form(question, email=f"{name}@example.com"))
    await store.execute("UPDATE decision_records SET reason = 'no_kb_match'")
    await store.execute(
        "UPDATE decision_records d SET reason = 'pricing' FROM tickets t WHERE t.id = d.ticket_id AND t.number = $1",
        store.numbers[-1],
    )
    base = Base(pool=store.pool, settings=base.settings, company=base.company)
    day = timedelta(days=1)
    cheques, leeds = await gaps_since(base, datetime.now(UTC) - day)
    assert (cheques.customers, cheques.questions) == (2, 3)
    assert set(cheques.tickets) == set(store.numbers[:3])
    assert "cheque" in cheques.topic
    assert (leeds.customers, leeds.questions, leeds.tickets) == (1, 1, (store.numbers[3],))
    assert await gaps_since(base, datetime.now(UTC) + day) == []
