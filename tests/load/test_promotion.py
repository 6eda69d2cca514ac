"""A larger encoder takes over the running product while five forms a second arrive, and goes again.

all-mpnet-base-v2 is fetched by `make mpnet`. Kills on the way: tests/integration/embeddings/test_promotion_kills.py.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from db.pool import create_pool
from embeddings.chunker import parse_docs
from embeddings.encoder import BUILT_IN
from embeddings.workbench.questions import DOCUMENT, QUESTIONS
from embeddings.workbench.registry.gate import Limits
from embeddings.workbench.registry.promote import Promotion
from embeddings.workbench.registry.service import Service
from embeddings.workbench.sets.read import read_data
from embeddings.workbench.sets.retrieval_set import retrieval_set
from evaluation.benchmarks.arrivals import Arrivals, arriving
from evaluation.client import ProductClient
from evaluation.demo.samples import Sample
from tests.fixtures.gate_limits import KNOWN, as_options
from tests.fixtures.oracle import expect_invariants, settled, store_of
from tests.fixtures.ports import free_port
from tests.fixtures.product import NIGHTDESK, Product, running_product
from tests.fixtures.waiting import eventually

pytestmark = [pytest.mark.full, pytest.mark.product, pytest.mark.timeout(7200)]

RATE = 5.0
ROOT = Path(__file__).parents[2]
MPNET = ROOT / ".venv/models/all-mpnet-base-v2"
ANY_LOSS = Limits(recall=1.0, heads=1.0, relevance=50.0, latency=50.0, memory_mb=4_096.0, beyond_chance=True)
EVERY = 7
"""Heads are trained on a seventh of the texts: what is tried here is the way into service, not the gate."""
NEAR = 0.03
"""By which a score of one model varies: int8 rounds a text by what stands beside it in a batch."""
SCORES = """
    SELECT i.provider_message_id AS key,
           d.passages -> 0 ->> 'slug' AS slug, (d.passages -> 0 ->> 'score')::float AS score
    FROM decision_records d JOIN inbox i ON i.id = d.inbox_id
    WHERE i.provider_message_id = ANY ($1) AND jsonb_array_length(d.passages) > 0"""
ALL_WORKED_ON = """
    SELECT count(*) = cardinality($1::text[]) FROM inbox WHERE state <> 'waiting' AND provider_message_id = ANY ($1)"""
Found = tuple[int, str, float]
"""The number of a sample, the first passage found for it, and its score."""


@pytest.fixture
def desk() -> Iterator[Product]:
    """A product of this test's own: its models change."""
    with running_product(free_port(), {}) as running:
        yield running


async def all_samples(desk: Product, arrivals: Arrivals, samples: Sequence[Sample]) -> list[str]:
    """Wait until every sample was sent once more and worked on, by the model that is in force; return their keys."""
    first = len(arrivals.keys)
    await eventually(lambda: len(arrivals.keys) >= first + len(samples), within_s=600)
    keys = arrivals.keys[first : first + len(samples)]
    async with store_of(desk) as store:
        await eventually(lambda: store.fetchval(ALL_WORKED_ON, keys), within_s=600, pause_s=0.2)
    return keys


async def found(desk: Product, keys: Sequence[str], samples: Sequence[Sample]) -> list[Found]:
    """What the searches of these forms found first."""
    async with store_of(desk) as store:
        rows = await store.fetch(SCORES, list(keys))
    return [(int(row["key"].rsplit("-", 1)[1]) % len(samples), row["slug"], row["score"]) for row in rows]


def of_neither(seen: Sequence[Found], *models: Sequence[Found]) -> list[Found]:
    """The searches that found what none of the models finds: one model's query among another's passages."""
    known = [(one, slug, score) for model in models for one, slug, score in model]
    return [
        (one, slug, score)
        for one, slug, score in seen
        if not any(one == other and slug == at and abs(score - to) <= NEAR for other, at, to in known)
    ]


async def settled_and_whole(desk: Product, arrivals: Arrivals) -> None:
    """No request failed, each form was answered once."""
    assert {one.status for one in arrivals.sent} == {201}
    await settled(desk, seconds=300)
    await expect_invariants(desk)


async def command(desk: Product, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        str(NIGHTDESK), "embeddings", *arguments, "--data-dir", str(desk.data_dir),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip


async def through_the_gate(desk: Product, model: Path) -> str:
    """Have a model judged, kept and registered; return its id."""
    sections = parse_docs(DOCUMENT.read_text(encoding="utf-8"), source=DOCUMENT.name)
    questions = retrieval_set(read_data(QUESTIONS), "test", sections=sections)
    models = desk.data_dir / "models"
    pool = await create_pool(desk.run_file()["database_url"], size=2)
    try:
        service = Service(pool=pool, configured=BUILT_IN, models=models)
        gate = Promotion(service=service, model=str(model), data=questions, models=models, limits=ANY_LOSS, every=EVERY)
        return (await gate.judged()).model_id
    finally:
        await pool.close()


async def promotion(desk: Product, model: Path) -> asyncio.subprocess.Process:
    return await command(desk, "promote", str(model), "--data", str(QUESTIONS), *as_options(ANY_LOSS))


async def done(process: asyncio.subprocess.Process) -> str:
    """What a command printed that ended well."""
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def serving(desk: Product, model_id: str) -> None:
    """Wait until every replica that encodes does so with a model."""
    async with store_of(desk) as store:
        all_do = "SELECT bool_and(serves = $1) FROM embedding_replicas WHERE seen_at > now() - interval '5 seconds'"
        await eventually(lambda: store.fetchval(all_do, model_id))


@pytest.fixture(scope="session")
def mpnet() -> Path:
    """all-mpnet-base-v2, fetched where it is not here yet."""
    if not MPNET.is_dir():
        subprocess.run(["make", "mpnet"], cwd=ROOT, check=True)
    return MPNET


async def test_mpnet_takes_over_while_forms_arrive_goes_again_and_may_be_moved(
    desk: Product, samples: list[Sample], mpnet: Path
) -> None:
    new = await through_the_gate(desk, mpnet)
    async with ProductClient(desk.url, timeout_s=120) as client, arriving(client, samples, rate=RATE) as arrivals:
        before = await all_samples(desk, arrivals, samples)
        said = await done(await promotion(desk, mpnet))
        assert KNOWN in said
        assert f"in service: {new} (768 dimensions)" in said
        await serving(desk, new)
        after = await all_samples(desk, arrivals, samples)
        await done(await command(desk, "rollback"))
        await serving(desk, BUILT_IN)
        await all_samples(desk, arrivals, samples)
    print(said, len(arrivals.sent), "forms")
    await settled_and_whole(desk, arrivals)
    old, larger = await found(desk, before, samples), await found(desk, after, samples)
    assert of_neither(old, larger)  # the two models do not find the same, so that a mixture would show
    seen = await found(desk, arrivals.keys, samples)
    assert of_neither(seen, old, larger) == []
    print(len(seen), "searches")
    assert KNOWN in await done(await promotion(desk, mpnet))
    with moved(desk):
        await serving(desk, new)


@contextmanager
def moved(desk: Product) -> Iterator[None]:
    """Stop the product, start it on its data directory at another place, and put that back at the end."""
    before = desk.data_dir
    assert desk.command("down").returncode == 0
    desk.data_dir = before.rename(before.with_name(f"{before.name}-moved"))
    try:
        desk.up()
        desk.wait_healthy()
        yield
    finally:
        desk.command("down")
        desk.data_dir = desk.data_dir.rename(before)
