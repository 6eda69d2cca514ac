"""The command that promotes is killed at four points, while customers ask; real processes, encoders and PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from db.pool import Pool
from deployments.analysis_node import AnalysisNode, Heads
from embeddings.encoder import BUILT_IN
from embeddings.workbench.questions import QUESTIONS
from embeddings.workbench.registry.promote import Promotion
from embeddings.workbench.registry.service import Service
from embeddings.workbench.sets.retrieval_set import RetrievalSet
from tests.fixtures.agent_desk import encoder, knowledge_dump
from tests.fixtures.gate_limits import KNOWN, as_options
from tests.fixtures.waiting import eventually
from tests.integration.embeddings.test_promotion import (
    EVERY,
    LOOSE,
    SECTIONS,
    ask,
    directions,
    heads,
    in_force,
    narrower,
    passages_of,
    pool,
    questions,
    replicas,
    service,
)

__all__ = ["directions", "encoder", "heads", "knowledge_dump", "narrower", "pool", "questions", "service"]
pytestmark = [pytest.mark.full, pytest.mark.timeout(1800)]

NIGHTDESK = Path(sys.executable).with_name("nightdesk")
SLOW_S = 600.0
BATCH = 64
GATE = 4511099
"""The advisory lock behind which the last passage of a model is held up."""
HOLD_UP = f"""
    CREATE FUNCTION held_up() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN PERFORM pg_advisory_xact_lock_shared({GATE}); RETURN NEW; END $body$;
    CREATE TRIGGER held_up BEFORE INSERT ON knowledge_base FOR EACH ROW
    WHEN (NEW.slug = '%s') EXECUTE FUNCTION held_up()"""
WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%'"""
LOCKED = """
    SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
    WHERE datname = current_database() AND locktype = 'advisory' AND objid = 4511014"""
"""The lock of whoever puts a model into service."""


class Desk:
    """A database with its models' folder, and the product's commands on it."""

    def __init__(self, url: str, models: Path) -> None:
        self.url, self.models = url, models

    async def command(self, *arguments: str) -> asyncio.subprocess.Process:
        nowhere = str(self.models.with_name("no-product"))
        return await asyncio.create_subprocess_exec(
            str(NIGHTDESK), "embeddings", *arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "DATABASE_URL": self.url, "NIGHTDESK_DATA_DIR": nowhere},
        )  # fmt: skip

    async def promote(self, model: Path) -> asyncio.subprocess.Process:
        options = ("--data", str(QUESTIONS), "--models", str(self.models), *as_options(LOOSE))
        return await self.command("promote", str(model), *options)

    async def rollback(self) -> str:
        return await done(await self.command("rollback"))


async def done(process: asyncio.subprocess.Process) -> str:
    """What a command printed that ended well."""
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


Point = Callable[["asyncpg.Connection[Any]", "asyncpg.Connection[Any]"], Awaitable[None]]
"""Looks, by the first connection, until the command is at a point, where a transaction on the second holds it up."""


async def gate_done(look: asyncpg.Connection[Any], hold: asyncpg.Connection[Any]) -> None:
    await hold.execute("LOCK TABLE knowledge_base IN ROW EXCLUSIVE MODE")
    await held_up_at(look, "index_passages")


async def half_embedded(look: asyncpg.Connection[Any], hold: asyncpg.Connection[Any]) -> None:
    await hold.execute("SELECT pg_advisory_xact_lock($1)", GATE)
    await held_up_at(look, "INTO knowledge_base")


async def replicas_loading(look: asyncpg.Connection[Any], _hold: asyncpg.Connection[Any]) -> None:
    asked = "SELECT warming FROM embedding_in_force"
    await eventually(lambda: look.fetchval(asked), within_s=SLOW_S)


async def before_the_switch(look: asyncpg.Connection[Any], hold: asyncpg.Connection[Any]) -> None:
    await replicas_loading(look, hold)  # for which they are given some seconds at least
    await hold.execute("SELECT FROM embedding_in_force FOR SHARE")
    await held_up_at(look, "FROM embedding_in_force FOR UPDATE")


async def held_up_at(look: asyncpg.Connection[Any], statement: str) -> None:
    await eventually(lambda: look.fetchval(WAITING, statement), within_s=SLOW_S, pause_s=0.1)


async def killed_at(point: Point, desk: Desk, model: Path) -> str:
    """Hold a promotion up at a point, kill it there, and return what it had said."""
    look, hold = await asyncpg.connect(desk.url), await asyncpg.connect(desk.url)
    try:
        process = await desk.promote(model)
        transaction = hold.transaction()
        await transaction.start()
        await point(look, hold)
        process.kill()
        said, _ = await process.communicate()
        await transaction.rollback()

        async def gone() -> bool:
            return not await look.fetchval(LOCKED)

        await eventually(gone)
        return said.decode()
    finally:
        await look.close()
        await hold.close()


@asynccontextmanager
async def asked_all_the_time(pool: Pool, heads: Heads) -> AsyncIterator[tuple[list[AnalysisNode], set[str]]]:
    """Two replicas that are asked without a pause; every search found its passages by vectors of one model."""
    seen: list[tuple[str, int]] = []
    models: set[str] = set()
    stop = asyncio.Event()
    async with replicas(pool, heads, 2) as nodes:
        asking = asyncio.create_task(ask(pool, nodes, seen, stop))
        yield nodes, models
        stop.set()
        await asking
    assert {found for _, found in seen} == {5}
    models |= {model_id for model_id, _ in seen}


async def test_a_promotion_that_is_killed_at_four_points_goes_on_or_is_given_up(
    pool: Pool, database_url: str, service: Service, heads: Heads, narrower: Path, questions: RetrievalSet,
    tmp_path: Path,
) -> None:  # fmt: skip
    desk = Desk(database_url, tmp_path / "models")
    gate = Promotion(
        service=service, model=str(narrower), data=questions, models=desk.models, limits=LOOSE, every=EVERY,
        apart=asyncio.to_thread,
    )  # fmt: skip
    model_id, whole = (await gate.judged()).model_id, len(SECTIONS)
    await pool.execute(HOLD_UP % max(section.slug for section in SECTIONS))

    async def unchanged(nodes: list[AnalysisNode], passages: int) -> None:
        assert {node.model_id for node in nodes} == {BUILT_IN}
        assert await in_force(pool) is None
        assert (await passages_of(pool, model_id), await passages_of(pool, BUILT_IN)) == (passages, whole)

    async with asked_all_the_time(pool, heads) as (nodes, models):
        for point, passages in ((gate_done, 0), (half_embedded, BATCH), (replicas_loading, whole)):
            assert KNOWN in await killed_at(point, desk, narrower)
            await unchanged(nodes, passages)
        assert "was given up" in await desk.rollback()
        assert await pool.fetchval("SELECT warming FROM embedding_in_force") is None
        assert KNOWN in await killed_at(before_the_switch, desk, narrower)
        await unchanged(nodes, whole)
        assert f"in service: {model_id} (256 dimensions)" in await done(await desk.promote(narrower))
        await eventually(lambda: {node.model_id for node in nodes} == {model_id})
        assert "0 passages had to be embedded" in await desk.rollback()
        await eventually(lambda: {node.model_id for node in nodes} == {BUILT_IN})
    assert models == {BUILT_IN, model_id}
    assert [path.name for path in desk.models.iterdir()] == [model_id]
