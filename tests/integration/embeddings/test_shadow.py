"""A model in the shadow of the one in service: what both find for turns that were decided; real encoders and agent."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from db import embedding_models, knowledge, shadow
from db.embedding_models import RegisteredModel
from db.identity import privacy
from db.pool import acquire, transaction
from db.shadow import Compared, Run
from deployments.agent.node import AgentNode, ModelSettings
from deployments.analysis_node import AnalysisNode
from deployments.reporting.retention import Periods, Retention
from deployments.rules.escalation import EscalationRules
from deployments.shadow.looking import QuietAnalysis
from deployments.shadow.worker import ShadowWorker
from deployments.turns.pipeline import Pipeline
from embeddings.arrays import Floats
from embeddings.chunker import Section, parse_docs
from embeddings.encoder import ADAPTER, BUILT_IN, Encoder
from embeddings.indexer import sync
from embeddings.relevance import RelevanceGate
from embeddings.vector_model import RELEVANCE
from embeddings.workbench.registry.candidate import served_form
from embeddings.workbench.registry.removal import remove
from embeddings.workbench.registry.service import Service, SwitchError, described
from embeddings.workbench.registry.shadowing import Shadowing
from serve_app.cli.embeddings.shadow_report import ShadowReport
from tests.fixtures.agent_desk import DOCS, LINK, analysis_node, encoder, knowledge_dump
from tests.fixtures.company import EXAMPLE
from tests.fixtures.store import Store, plain_logs, store
from tests.fixtures.waiting import eventually

__all__ = ["analysis_node", "encoder", "knowledge_dump", "plain_logs", "store"]
SECTIONS = parse_docs(DOCS.read_text(encoding="utf-8"), source=DOCS.name)
ASKED = ("How do I reset a forgotten password?", "Can I export my tasks?", "Do you deliver pizza to the moon?")
EVERY = 40
"""Thresholds are chosen on one of so many questions here, which says little and takes little."""


@pytest.fixture
async def pipeline(store: Store, analysis_node: AnalysisNode, knowledge_dump: bytes) -> Pipeline:
    """The pipeline with the real agent over the product documentation."""
    async with store.pool.acquire() as connection:
        await connection.copy_to_table("knowledge_base", source=io.BytesIO(knowledge_dump), format="binary")
    agent = AgentNode(
        pool=store.pool,
        analysis=analysis_node,
        model=ModelSettings(),
        gate=gate(),
        rules=EscalationRules(own_names=EXAMPLE.own_names),
        company=EXAMPLE,
        links=LINK.format,
    )
    return store.pipeline(agent=agent, analysis=analysis_node)


@pytest.fixture
def service(store: Store, tmp_path: Path) -> Service:
    return Service(pool=store.pool, configured=BUILT_IN, own_names=EXAMPLE.own_names, models=tmp_path / "models")


@pytest.fixture
def poor(encoder: Encoder, tmp_path: Path) -> Path:
    """The built-in model with all but twelve directions of its vectors left out: it takes many passages for others."""
    folder = served_form(BUILT_IN, tmp_path, name="poor")
    texts = [f"{one.title}. {one.content}" for one in SECTIONS]
    weights = np.linalg.svd(encoder.encode(texts), full_matrices=False)[2].T[:, 30:42]
    np.savez(folder / ADAPTER, weights=weights.astype(np.float32))
    return folder


@pytest.fixture
async def worker(store: Store, service: Service) -> AsyncIterator[ShadowWorker]:
    worker = ShadowWorker(pool=store.pool, gate=gate(), models=service.models, clock=ticking(), settle_s=0.0)
    yield worker
    await worker.close()


def gate() -> RelevanceGate:
    return RelevanceGate.load(own_names=EXAMPLE.own_names)


def ticking() -> Callable[[], float]:
    """A clock that goes on by a minute each time somebody looks."""
    minutes = iter(range(1_000_000))
    return lambda: 60.0 * next(minutes)


async def begin(service: Service, model: str) -> RegisteredModel:
    assert service.models is not None
    made = Shadowing(service=service, model=model, models=service.models, every=EVERY, apart=asyncio.to_thread)
    return await made.begin(share=1.0, lasts=timedelta(hours=1))


async def kept(service: Service, folder: Path) -> str:
    """Keep and register a model as `begin` does, with the shipped thresholds; return its id."""
    assert service.models is not None
    model_id = Encoder(str(folder)).model_id
    (folder / RELEVANCE).write_text(json.dumps(replace(gate(), model_id=model_id).as_json()))
    place = shutil.copytree(folder, service.models / model_id / folder.name)
    async with acquire(service.pool) as connection:
        await embedding_models.register(connection, described(str(place), service.models, parent=BUILT_IN))
    return model_id


async def answered(store: Store, pipeline: Pipeline) -> list[dict[str, object]]:
    """Ask, each question as a customer of its own; return what became of each."""
    for number, text in enumerate(ASKED):
        await pipeline.handle(await store.form(text, email=f"c{number}@example.com"))
    return await store.rows("SELECT inbound_id, body, state FROM outbox ORDER BY inbound_id")


async def found(store: Store) -> tuple[Run, list[Compared]]:
    async with acquire(store.pool) as connection:
        run = await shadow.last(connection)
        assert run is not None
        return run, await shadow.comparisons(connection, run.id)


async def test_what_both_models_find_for_turns_that_were_decided(
    store: Store, pipeline: Pipeline, service: Service, poor: Path, worker: ShadowWorker
) -> None:
    model = await begin(service, str(poor))
    with pytest.raises(SwitchError, match="in the shadow already"):
        await begin(service, str(poor))
    sent = await answered(store, pipeline)
    assert await worker.run_once() == len(ASKED)
    assert await worker.run_once() == 0
    run, compared = await found(store)
    assert (run.model_id, run.base, run.dropped, run.failed, run.problem) == (model.model_id, BUILT_IN, 0, 0, "")
    by_ticket = {one.ticket: one for one in compared}
    first, _, moon = (by_ticket[number] for number in store.numbers)
    assert (first.base_outcome, first.base_slug) == ("answer", "reset-a-forgotten-password")
    assert moon.base_outcome != "answer"
    assert any(one.base_slug != one.shadow_slug for one in compared)
    outcomes = {row["ticket"]: row["outcome"] for row in await store.rows(
        "SELECT t.number AS ticket, d.outcome FROM decision_records d JOIN tickets t ON t.id = d.ticket_id"
    )}  # fmt: skip
    for one in compared:  # the model in service decides here as it has decided
        assert (outcomes[one.ticket] == "answered") == (one.base_outcome != "hand_over")
    assert await store.rows("SELECT inbound_id, body, state FROM outbox ORDER BY inbound_id") == sent
    report = ShadowReport(run=run, compared=compared)
    shown = "\n".join(report.lines())
    assert "3 compared, 0 dropped (too busy), 0 failed" in shown
    assert all(f"{one.ticket}  " in shown for one in report.differences)

    customer = await store.value("SELECT customer_id FROM tickets WHERE number = $1", store.numbers[0])
    async with acquire(store.pool) as connection:
        await privacy.erase(connection, customer, by="ann")
    assert {one.ticket for one in (await found(store))[1]} == set(store.numbers[1:])
    later = datetime.now(UTC) + timedelta(days=91)
    assert await Retention(pool=store.pool, periods=Periods(), clock=lambda: later).comparisons() == 2
    assert (await found(store))[1] == []


async def test_what_fails_or_comes_too_late_is_counted_and_nothing_else(
    store: Store, pipeline: Pipeline, service: Service, poor: Path, worker: ShadowWorker, encoder: Encoder
) -> None:
    model = await begin(service, await kept(service, poor))
    await answered(store, pipeline)
    await store.execute("UPDATE shadow_runs SET looked_at = now() - interval '10 minutes'")
    await store.execute("UPDATE decision_records SET created_at = created_at - interval '5 minutes'")
    file = Path(service.folder_of(model)) / ADAPTER
    whole = file.read_bytes()
    file.write_bytes(whole[:100])
    assert await worker.run_once() == 0
    run, _ = await found(store)
    assert "is no adapter that can be used" in run.problem
    assert run.dropped == len(ASKED)  # late is late, whatever the reason
    file.write_bytes(whole)
    assert await worker.run_once() == 0
    run, compared = await found(store)
    assert (run.dropped, run.problem, compared) == (len(ASKED), "", [])

    await sync(store.pool, encoder, [], own_names=EXAMPLE.own_names)  # a document less: the other model follows
    await worker.run_once()
    async with acquire(store.pool) as connection:
        assert await embedding_models.count_passages(connection, model.model_id) == 0
    await store.execute("UPDATE embedding_in_force SET model_id = 'another'")
    await worker.run_once()
    assert (await found(store))[0].ended_why == "another model in service"
    await store.execute("DELETE FROM embedding_models WHERE model_id = $1", BUILT_IN)  # what it was compared with
    assert (await found(store))[0].base_folder is None


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], Awaitable[object]]) -> None:
    """Something happens once, while the worker embeds."""
    encode, left = QuietAnalysis.encode, [happens]

    async def slow(self: QuietAnalysis, texts: list[str]) -> Floats:
        vectors = await encode(self, texts)
        if left:
            await left.pop()()
        return vectors

    monkeypatch.setattr(QuietAnalysis, "encode", slow)


async def stored(store: Store, model_id: str) -> list[dict[str, object]]:
    return await store.rows(
        "SELECT slug, content_hash, updated_at FROM knowledge_base WHERE embedding_model = $1 ORDER BY slug", model_id
    )


def worded(*, as_now: str) -> list[Section]:
    """The documents, with the first section in other words."""
    return [replace(SECTIONS[0], content=as_now), *SECTIONS[1:]]


async def test_what_is_promoted_while_the_worker_embeds_is_left_alone(
    store: Store, pipeline: Pipeline, service: Service, poor: Path, worker: ShadowWorker, encoder: Encoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    model = await begin(service, await kept(service, poor))
    live: list[dict[str, object]] = []

    async def promoted() -> None:
        await service.put_in_service(model, kind="promote")
        new = replace(SECTIONS[1], slug="whales", title="Whales")
        narrow = Encoder(service.folder_of(model))
        await sync(store.pool, narrow, [*worded(as_now="Newer."), new], own_names=EXAMPLE.own_names)
        live.extend(await stored(store, model.model_id))

    await sync(store.pool, encoder, worded(as_now="New."), own_names=EXAMPLE.own_names)
    meanwhile(monkeypatch, promoted)
    assert await worker.run_once() == 0
    assert await stored(store, model.model_id) == live
    assert "whales" in {row["slug"] for row in live}
    run, _ = await found(store)
    assert (run.ended_why, run.problem) == ("another model in service", "")


async def test_nothing_is_written_of_what_was_removed_while_the_worker_embeds(
    store: Store, pipeline: Pipeline, service: Service, poor: Path, worker: ShadowWorker, encoder: Encoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    model = await begin(service, await kept(service, poor))
    learned = replace(SECTIONS[1], slug="learned--moon", title="Moon")
    await sync(store.pool, encoder, [learned], own_names=EXAMPLE.own_names, origin="learned:moon")

    async def erased() -> None:
        async with transaction(store.pool) as connection:
            await knowledge.delete_origin(connection, "learned:moon")

    async def removed() -> None:
        async with acquire(store.pool) as connection:
            await shadow.end(connection, "stopped")
        await remove(service, model.model_id)

    meanwhile(monkeypatch, erased)
    await worker.run_once()
    assert len(await stored(store, model.model_id)) == len(SECTIONS)

    await sync(store.pool, encoder, worded(as_now="New."), own_names=EXAMPLE.own_names)
    meanwhile(monkeypatch, removed)
    assert await worker.run_once() == 0
    assert await stored(store, model.model_id) == []


async def test_a_deletion_waits_for_a_copy_that_is_being_made_and_takes_it_too(
    store: Store, pipeline: Pipeline, encoder: Encoder
) -> None:
    learned = replace(SECTIONS[1], slug="learned--moon", title="Moon")
    await sync(store.pool, encoder, [learned], own_names=EXAMPLE.own_names, origin="learned:moon")

    async def deleted() -> dict[str, int]:
        async with transaction(store.pool) as connection:
            return await knowledge.delete_origin(connection, "learned:moon")

    async with transaction(store.pool) as connection:
        [row] = [
            r for r in await embedding_models.missing(connection, BUILT_IN, "m", limit=99) if r.slug == learned.slug
        ]
        assert await embedding_models.keep_sources(connection, BUILT_IN, [row]) == [row]
        deleting = asyncio.create_task(deleted())
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        await eventually(lambda: store.value(waits))
        copy = asdict(row)
        origin = copy.pop("origin")
        copied = knowledge.PassageRow(**copy, vector=np.ones(2, dtype=np.float32))
        await knowledge.upsert_passages(connection, "m", [copied], origin=origin)
    assert await deleting == {BUILT_IN: 1, "m": 1}


async def test_a_model_that_nobody_needs_is_removed(
    store: Store, pipeline: Pipeline, service: Service, poor: Path
) -> None:
    model = await begin(service, await kept(service, poor))
    with pytest.raises(SwitchError, match="is in the shadow"):
        await remove(service, model.model_id)
    async with acquire(store.pool) as connection:
        assert await shadow.end(connection, "stopped") == model.model_id
    indexes = "SELECT count(*) FROM pg_indexes WHERE tablename = 'knowledge_base' AND indexdef LIKE '%hnsw%'"
    assert await store.value(indexes) == 2
    with pytest.raises(SwitchError, match="is in service"):
        await remove(service, BUILT_IN)
    assert (await remove(service, model.model_id)).passages == len(SECTIONS)
    assert await store.value(indexes) == 1
    assert service.models is not None
    assert not list(service.models.glob("*"))
    async with acquire(store.pool) as connection:
        assert set(await embedding_models.registered(connection)) == {BUILT_IN}
    with pytest.raises(SwitchError, match="no model is called"):
        await remove(service, "of-an-older-release")
    await store.execute(
        "CREATE TEMP TABLE older AS SELECT * FROM knowledge_base LIMIT 3;"
        "UPDATE older SET id = gen_random_uuid(), embedding_model = 'of-an-older-release';"
        "INSERT INTO knowledge_base SELECT * FROM older"
    )
    assert (await remove(service, "of-an-older-release")).passages == 3
