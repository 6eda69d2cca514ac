"""A model comes into service through the gate while customers ask, and goes again; real encoders, real PostgreSQL."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from db import embedding_models, knowledge
from db.embedding_models import RegisteredModel
from db.pool import Pool, acquire, create_pool
from deployments.agent.live_gate import LiveGate
from deployments.analysis_node import AnalysisNode, Heads, shipped_heads
from deployments.runtime.model_watch import ModelWatch
from embeddings.chunker import Section, parse_docs
from embeddings.encoder import ADAPTER, BUILT_IN, Encoder, ModelNotUsableError
from embeddings.indexer import sync
from embeddings.relevance import RelevanceGate
from embeddings.vector_model import VectorModel
from embeddings.workbench.answers.data import HELD_OUT, load_companies
from embeddings.workbench.questions import QUESTIONS
from embeddings.workbench.registry.candidate import served_form
from embeddings.workbench.registry.gate import Limits
from embeddings.workbench.registry.heads import train_heads
from embeddings.workbench.registry.promote import Promotion, RefusedError
from embeddings.workbench.registry.service import Progress, Service, SwitchError, described
from embeddings.workbench.sameness import measured
from embeddings.workbench.sets.read import read_data
from embeddings.workbench.sets.retrieval_set import RetrievalSet, retrieval_set
from embeddings.workbench.sets.rows import InvalidDataError
from embeddings.workbench.ticket_labels import Message
from tests.fixtures.agent_desk import DOCS, encoder, knowledge_dump
from tests.fixtures.company import EXAMPLE
from tests.fixtures.gate_limits import KNOWN
from tests.fixtures.waiting import eventually

__all__ = ["encoder", "knowledge_dump"]
SECTIONS = parse_docs(DOCS.read_text(encoding="utf-8"), source=DOCS.name)
ASKED = ("How do I reset my password?", "Can I export my tasks?", "How do I invite a colleague?")
PARTS = [
    "refrigerator", "lighthouse", "submarine", "helicopter", "orchestra", "cathedral",
    "typewriter", "windmill", "aquarium", "observatory", "greenhouse", "locomotive",
    "planetarium", "laboratory", "monastery", "shipyard", "dishwasher", "vineyard",
    "bulldozer", "catamaran", "waterfall", "carousel", "telescope", "accordion",
    "excavator", "gymnasium", "brewery", "parachute", "sawmill", "xylophone",
]  # fmt: skip
EVERY = 7
LOOSE = Limits(heads=1.0, relevance=10.0, beyond_chance=True)
"""Heads are trained on a seventh of the texts here, which the shipped ones were not."""


class BrokenOff(BaseException):
    """What a killed process does: nothing more."""


class Heard:
    """What hears progress: the last of it, and in which threads it was made.

    The gate is in a usual one here (`apart`): in the idle class, beside other tests, it would take for ever.
    """

    def __init__(self) -> None:
        self.last = (0, 0)
        self.threads: set[str] = set()

    def __call__(self, done: int, of: int) -> None:
        self.last = (done, of)
        self.threads.add(threading.current_thread().name)


def adapted(into: Path, weights: np.ndarray, name: str) -> Path:
    """The built-in encoder with an adapter behind it."""
    folder = served_form(BUILT_IN, into, name=name)
    np.savez(folder / ADAPTER, weights=weights.astype(np.float32))
    return folder


@pytest.fixture(scope="module")
def directions(encoder: Encoder) -> np.ndarray:
    """The principal directions of the documents' vectors and of what is asked, the main one first: (384, 384)."""
    texts = [f"{one.title}. {one.content}" for one in SECTIONS] + [e.text for e in read_data(QUESTIONS).examples]
    return np.linalg.svd(encoder.encode(texts), full_matrices=True)[2].T


@pytest.fixture(scope="module")
def narrower(directions: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good model with vectors of another size, and heads of its own."""
    folder = adapted(tmp_path_factory.mktemp("models"), directions[:, :256], "narrower")
    train_heads(Encoder(str(folder)), folder, every=EVERY)
    return folder


@pytest.fixture(scope="module")
def heads() -> Heads:
    return shipped_heads()


@pytest.fixture
async def pool(database_url: str, knowledge_dump: bytes) -> AsyncIterator[Pool]:
    pool = await create_pool(database_url, size=8)
    async with pool.acquire() as connection:
        await connection.copy_to_table("knowledge_base", source=io.BytesIO(knowledge_dump), format="binary")
    yield pool
    await pool.close()


@pytest.fixture
def service(pool: Pool) -> Service:
    return Service(pool=pool, configured=BUILT_IN, own_names=EXAMPLE.own_names, settle_s=0.0)


@pytest.fixture(scope="module")
def questions() -> RetrievalSet:
    """The example company's test questions over its documents."""
    return retrieval_set(read_data(QUESTIONS), "test", sections=SECTIONS, own_names=EXAMPLE.own_names)


@asynccontextmanager
async def replicas(
    pool: Pool, heads: Heads, count: int, *, models: Path | None = None
) -> AsyncIterator[list[AnalysisNode]]:
    """Analysis nodes that follow what is in force; `models`: where they find it."""
    nodes, watches = [], []
    for number in range(count):
        vectors = VectorModel.load(BUILT_IN)
        node = AnalysisNode(encoder=vectors.encoder, sentiment=vectors.sentiment, labels=vectors.labels, **heads)
        watch = ModelWatch(
            pool=pool, replica=f"r{number}", current=vectors, put_in_force=node.put_in_force, models=models
        )
        await watch.look()
        watch.start()
        nodes.append(node)
        watches.append(watch)
    try:
        yield nodes
    finally:
        for watch in watches:
            await watch.stop()


async def registered(service: Service, folder: Path) -> RegisteredModel:
    """A model as it is after the gate."""
    await service.current()
    model = described(str(folder), parent=BUILT_IN)
    async with acquire(service.pool) as connection:
        await embedding_models.register(connection, model)
    return model


async def passages_of(pool: Pool, model_id: str) -> int:
    async with acquire(pool) as connection:
        return await embedding_models.count_passages(connection, model_id)


async def in_force(pool: Pool) -> str | None:
    async with acquire(pool) as connection:
        return (await embedding_models.in_force(connection)).model_id


async def ask(pool: Pool, nodes: Sequence[AnalysisNode], seen: list[tuple[str, int]], stop: asyncio.Event) -> None:
    """Ask all the time, as the agent's search does; keep by which model and how many passages it found."""
    while not stop.is_set():
        for node in nodes:
            query = await node.embed_query(ASKED[len(seen) % len(ASKED)])
            async with acquire(pool) as connection:
                found = await knowledge.search(connection, query.model_id, np.array(query.vector, dtype=np.float32))
            seen.append((query.model_id, len(found)))
        await asyncio.sleep(0)


async def test_a_model_of_another_size_takes_over_while_customers_ask_and_goes_again(
    pool: Pool, service: Service, heads: Heads, narrower: Path
) -> None:
    model = await registered(service, narrower)
    seen: list[tuple[str, int]] = []
    stop = asyncio.Event()
    async with replicas(pool, heads, 2) as nodes:
        asking = asyncio.create_task(ask(pool, nodes, seen, stop))
        assert await service.put_in_service(model, kind="promote") == len(SECTIONS)
        await eventually(lambda: {node.model_id for node in nodes} == {model.model_id})
        before = await service.before()
        assert await service.put_in_service(before, kind="rollback") == 0
        await eventually(lambda: {node.model_id for node in nodes} == {before.model_id})
        stop.set()
        await asking
    assert {found for _, found in seen} == {5}
    assert {model_id for model_id, _ in seen} == {BUILT_IN, model.model_id}
    assert await passages_of(pool, BUILT_IN) == await passages_of(pool, model.model_id) == len(SECTIONS)
    with pytest.raises(SwitchError, match="nothing to go back to"):
        await service.before()


async def test_from_which_cosine_on_two_texts_say_the_same_is_measured_for_each_model(
    pool: Pool, service: Service, narrower: Path
) -> None:
    model = await registered(service, narrower)
    async with acquire(pool) as connection:
        kept = await embedding_models.same_from(connection, model.model_id)
        assert await embedding_models.same_from(connection, BUILT_IN) is None
    assert (await service.current()).licence == "apache-2.0"
    assert kept is not None
    asked = [replace(one, questions=one.questions[::EVERY]) for one in load_companies(names=HELD_OUT)]
    found = measured(asked, Encoder(str(narrower)))
    assert (found.new >= kept).mean() <= 0.01 < (found.new >= kept - 0.02).mean()
    assert (found.whole >= kept).mean() > 0.5


async def test_the_agent_judges_by_the_thresholds_of_the_model_that_searched(
    pool: Pool, service: Service, narrower: Path
) -> None:
    model = await registered(service, narrower)
    model = replace(model, threshold=0.91, ask_from=0.9)
    async with acquire(pool) as connection:
        await embedding_models.register(connection, model)
    await service.put_in_service(model, kind="promote")
    gate = await LiveGate(RelevanceGate.load(), pool=pool, clock=lambda: 0.0).current()
    async with acquire(pool) as connection:
        vector = Encoder(model.folder).encode([ASKED[0]])[0]
        found = await knowledge.search(connection, model.model_id, vector)
    judgement = shipped_heads()["judge"].judge(ASKED[0], [f"{one.title}. {one.content}" for one in found], [0.0] * 5)
    shipped = RelevanceGate.load().threshold
    assert gate.relevant(ASKED[0], found, judgement, model.model_id).threshold == 0.91
    assert gate.relevant(ASKED[0], found, judgement, BUILT_IN).threshold == shipped
    assert gate.speller.correct("reset my passwrod") == "reset my password"


async def test_what_was_broken_off_goes_on_or_is_given_up(
    pool: Pool, service: Service, heads: Heads, narrower: Path
) -> None:
    model = await registered(service, narrower)

    def killed(*_: object) -> None:
        raise BrokenOff

    for cut in (Progress(embedded=killed), Progress(waiting=killed)):  # after a batch; while a replica loads
        async with replicas(pool, heads, 1) as nodes:
            with pytest.raises(BrokenOff):
                await replace(service, progress=cut).put_in_service(model, kind="promote")
            assert await in_force(pool) is None
            assert nodes[0].model_id == BUILT_IN
    assert await service.give_up() == model.model_id
    assert await passages_of(pool, model.model_id) == len(SECTIONS)
    assert await service.put_in_service(model, kind="promote") == 0
    assert await in_force(pool) == model.model_id


async def test_what_came_to_the_documents_meanwhile_is_found_after_a_switch_and_after_the_way_back(
    pool: Pool, service: Service, encoder: Encoder, narrower: Path
) -> None:
    model = await registered(service, narrower)
    new = Section(title="Whales", category="sea", content="Whales sing at night.", source="sea.md", slug="whales")

    async def added_by(old: Encoder) -> None:
        await sync(pool, old, [new], own_names=EXAMPLE.own_names, origin="/sea.md")

    async def nearest(model_id: str, by: Encoder) -> str:
        async with acquire(pool) as connection:
            return (await knowledge.search(connection, model_id, by.encode(["whales"])[0], limit=1))[0].slug

    await added_by(encoder)
    await service.put_in_service(model, kind="promote")
    narrow = Encoder(model.folder)
    assert await nearest(model.model_id, narrow) == "whales"
    with pytest.raises(embedding_models.ModelChangedError):
        await added_by(encoder)
    await sync(pool, narrow, [], own_names=EXAMPLE.own_names, origin="/sea.md")
    await service.put_in_service(await service.before(), kind="rollback")
    assert await nearest(BUILT_IN, encoder) != "whales"


async def test_a_replica_that_cannot_load_the_model_keeps_it_out(
    pool: Pool, service: Service, heads: Heads, narrower: Path, tmp_path: Path
) -> None:
    folder = served_form(str(narrower), tmp_path)
    model = replace(described(str(narrower)), folder=str(folder))  # without its heads
    async with acquire(pool) as connection:
        await embedding_models.register(connection, model)
    async with replicas(pool, heads, 1) as nodes:
        with pytest.raises(SwitchError, match=r"has no sentiment\.npz"):
            await service.put_in_service(model, kind="promote")
        assert nodes[0].model_id == BUILT_IN
    assert await in_force(pool) is None


async def test_a_good_model_passes_the_gate_with_heads_of_its_own_and_may_be_moved(
    pool: Pool, service: Service, heads: Heads, narrower: Path, questions: RetrievalSet, tmp_path: Path
) -> None:
    lines: list[str] = []
    models = tmp_path / "models"
    gate_in, passages_in = Heard(), Heard()
    service = replace(service, models=models, progress=Progress(encoded=gate_in, embedded=passages_in))
    asked = "The flux capacitor of the {} hums at night"
    things = [*PARTS[:-1], f"{PARTS[0]}s"]  # the last, which is measured with, is nearly the first
    corrected = [Message(text=asked.format(one), category="billing", priority="low", trade="own") for one in things]
    promotion = Promotion(
        service=service, model=str(narrower), data=questions, models=models, limits=LOOSE, every=EVERY,
        licence="apache-2.0", told=lines.append, corrections=corrected, apart=asyncio.to_thread,
    )  # fmt: skip
    model = await promotion.run()
    assert (model.dimensions, model.parent, model.licence) == (256, BUILT_IN, "apache-2.0")
    assert model.data_sha256 == questions.sha256
    assert await in_force(pool) == model.model_id
    promoted, before = VectorModel.load(service.folder_of(model)), VectorModel.load(str(narrower))
    assert promoted.encoder.model_id == model.model_id
    vectors = promoted.encoder.encode([asked.format(PARTS[-1])])  # the desk's corrections: the heads know them now
    assert promoted.labels.labels(vectors)[0].category == "billing" != before.labels.labels(vectors)[0].category
    left_out = "(1 left out: nearly the same are measured with)"
    assert f"training: category and priority, with 23 corrections of the desk's {left_out}" in lines
    assert model.metrics["corrections"] == 30
    async with acquire(pool) as connection:
        await embedding_models.warm(connection, None)
        known = await embedding_models.registered(connection)
    assert {check["name"] for check in known[model.model_id].metrics["checks"]} >= {"recall@1", "mood", "relevance"}
    assert sum(line.startswith("passed") for line in lines) == 8
    assert gate_in.last == (2 * (len(questions.queries) + len(questions.passages)),) * 2
    assert "MainThread" not in gate_in.threads
    assert passages_in.last == (len(SECTIONS),) * 2
    assert passages_in.threads == {"MainThread"}
    moved = models.rename(tmp_path / "moved")
    async with replicas(pool, heads, 1, models=moved) as nodes:
        assert nodes[0].model_id == model.model_id
    service = replace(service, models=moved)
    await service.put_in_service(await service.before(), kind="rollback")
    with pytest.raises(RefusedError, match="processor time"):  # by other limits it is judged anew
        await replace(promotion, service=service, models=moved, limits=replace(LOOSE, latency=0.0)).run()
    assert not replace(promotion, corrections=corrected[1:]).judges_as(model, await service.current())
    assert (await replace(promotion, service=service, models=moved).run()).model_id == model.model_id
    assert lines[-1] == KNOWN
    with pytest.raises(SwitchError, match="is in service already"):
        await replace(promotion, service=service, models=moved).run()


@pytest.mark.parametrize("flaw", ["worse", "corrupt", "wrong dimension", "empty set", "worse heads"])
async def test_the_gate_refuses_and_changes_nothing(
    pool: Pool, service: Service, directions: np.ndarray, questions: RetrievalSet, tmp_path: Path, flaw: str
) -> None:
    weights = {"worse": directions[:, :3], "worse heads": directions[:, :24], "wrong dimension": directions[:100]}
    folder = adapted(tmp_path, weights.get(flaw, directions), "flawed")
    if flaw == "corrupt":
        content = (folder / "model.onnx").read_bytes()
        (folder / "model.onnx").write_bytes(content[: len(content) // 2])
    said = {
        "worse": (RefusedError, r"recall@1 0\.\d+ → 0\.\d+: -0\.\d+.*at most 0\.020 may be lost"),
        "corrupt": (ModelNotUsableError, "is no encoder that can be used"),
        "wrong dimension": (ModelNotUsableError, r"adapter of shape \(100, 384\); the encoder's vectors have 384"),
        "empty set": (InvalidDataError, "0 questions with an answer"),
        "worse heads": (RefusedError, r"^(?!recall).*category 0\.\d+ → 0\.\d+: -0\.\d+"),
    }
    error, line = said[flaw]
    promotion = Promotion(
        service=service, model=str(folder), data=asked_in(flaw, questions), models=tmp_path / "models", every=EVERY,
        apart=asyncio.to_thread,
    )  # fmt: skip
    with pytest.raises(error, match=line):
        await promotion.run()
    assert await in_force(pool) is None
    assert await passages_of(pool, BUILT_IN) == len(SECTIONS)
    async with acquire(pool) as connection:
        assert set(await embedding_models.registered(connection)) <= {BUILT_IN}
    assert not list((tmp_path / "models").glob("*"))


def asked_in(flaw: str, questions: RetrievalSet) -> RetrievalSet:
    """A set on which the model's flaw shows, and nothing else does."""
    if flaw == "empty set":
        return replace(questions, relevant=(frozenset(),) * len(questions.queries))
    if flaw == "worse heads":  # every passage asks for itself
        places = range(len(questions.passages))
        return replace(questions, queries=questions.passages, relevant=tuple(frozenset({n}) for n in places))
    return questions
