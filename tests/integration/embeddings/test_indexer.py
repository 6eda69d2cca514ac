"""D4 on a real database: real vectors, only what changed, all or nothing."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from db import knowledge
from db.pool import Pool, acquire, create_pool
from embeddings.chunker import Section, parse_docs
from embeddings.encoder import BUILT_IN, Encoder, model_files
from embeddings.indexer import PriceInSectionError, SyncReport, sync, take_over
from embeddings.judge import PassageJudge, passage_text
from embeddings.relevance import RelevanceGate
from tests.fixtures.company import EXAMPLE

DOCUMENT = Path(__file__).parents[3] / "context" / "product-docs.md"


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder()


@pytest.fixture(scope="module")
def sections() -> list[Section]:
    return parse_docs(DOCUMENT.read_text(encoding="utf-8"))


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    pool = await create_pool(database_url, size=4)
    yield pool
    await pool.close()


async def hashes(pool: Pool, encoder: Encoder) -> dict[str, str]:
    async with acquire(pool) as connection:
        return await knowledge.list_hashes(connection, encoder.model_id)


async def test_d4_a_sync_writes_what_changed_and_a_second_writes_nothing(
    pool: Pool, encoder: Encoder, sections: list[Section]
) -> None:
    some = sections[:6]
    assert await sync(pool, encoder, some) == SyncReport(added=6, updated=0, removed=0, unchanged=0)
    assert await sync(pool, encoder, some) == SyncReport(added=0, updated=0, removed=0, unchanged=6)
    changed = [replace(some[0], content="Open the page and sign up."), *some[1:4], sections[6]]
    assert await sync(pool, encoder, changed) == SyncReport(added=1, updated=1, removed=2, unchanged=3)
    assert set(await hashes(pool, encoder)) == {section.slug for section in changed}


async def test_d4_a_price_stops_the_sync_before_anything_is_written(
    pool: Pool, encoder: Encoder, sections: list[Section]
) -> None:
    await sync(pool, encoder, sections[:3])
    before = await hashes(pool, encoder)
    priced = replace(sections[3], content="The Starter plan costs $29 a month.")
    with pytest.raises(PriceInSectionError, match="contains a price"):
        await sync(pool, encoder, [replace(sections[0], content="new text"), priced])
    assert await hashes(pool, encoder) == before


async def test_d4_two_syncs_at_once_leave_one_knowledge_base(
    pool: Pool, encoder: Encoder, sections: list[Section]
) -> None:
    await asyncio.gather(*(sync(pool, encoder, sections[:8]) for _ in range(3)))
    assert set(await hashes(pool, encoder)) == {section.slug for section in sections[:8]}


async def test_d4_what_was_added_under_another_model_is_taken_over_once(
    pool: Pool, encoder: Encoder, sections: list[Section], tmp_path: Path
) -> None:
    files = model_files(BUILT_IN)
    shutil.copy(files.onnx, tmp_path / "model.onnx")
    shutil.copy(files.tokenizer, tmp_path / "tokenizer.json")
    before = Encoder(str(tmp_path))
    await sync(pool, before, sections[:2], origin="/manuals/a.md")
    await sync(pool, before, sections[2:3], origin="/manuals/b.md")
    await sync(pool, encoder, sections[2:3], origin="/manuals/b.md")
    assert await take_over(pool, encoder) == 2
    assert await take_over(pool, encoder) == 0
    async with acquire(pool) as connection:
        stored = {one.slug: one.origin for one in await knowledge.list_sections(connection, encoder.model_id)}
        assert stored == {
            sections[0].slug: "/manuals/a.md",
            sections[1].slug: "/manuals/a.md",
            sections[2].slug: "/manuals/b.md",
        }
        found = await knowledge.search(connection, encoder.model_id, encoder.encode([sections[0].title])[0], limit=1)
    assert found[0].slug == sections[0].slug


async def test_d4_g2_a_question_finds_its_passage_by_meaning(
    pool: Pool, encoder: Encoder, sections: list[Section]
) -> None:
    await sync(pool, encoder, sections, own_names=EXAMPLE.own_names)
    gate = RelevanceGate.load(own_names=EXAMPLE.own_names).over(passage_text(s.title, s.content) for s in sections)
    query = gate.prepare("I don't remember my pasword for TechCorp, how do I get a new one?")
    (vector,) = encoder.encode([query])
    async with acquire(pool) as connection:
        found = await knowledge.search(connection, encoder.model_id, vector)
        within = await knowledge.search(connection, encoder.model_id, vector, category="api")
        other_model = await knowledge.search(connection, "another-model", vector)
    assert found[0].title == "Reset a forgotten password"
    assert [passage.score for passage in found] == sorted((p.score for p in found), reverse=True)
    assert len(found) == 5
    assert {passage.category for passage in within} == {"api"}
    assert other_model == []
    texts = [passage_text(passage.title, passage.content) for passage in found]
    judgement = PassageJudge.load().judge(query, texts, [passage.score for passage in found])
    assert gate.relevant(query, found, judgement).ok
