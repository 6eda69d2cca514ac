"""What a team tunes takes effect on the running nodes, is kept with who did it, and goes back by one call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import onnx
import pytest
from onnx import numpy_helper

from db import tuning
from db.pool import Pool, acquire, create_pool, transaction
from db.tuning import NothingToUndoError
from deployments.agent.live_rules import LOOK_EVERY_S
from deployments.analysis_node import AnalysisNode
from deployments.runtime.store_watch import AGAIN_S
from deployments.runtime.tuning_watch import TuningWatch
from embeddings.escalation import CLASSES, MODEL, NAME, EscalationModel, model_id
from embeddings.ticket_labels import UNSURE_BELOW
from tests.fixtures.agent_desk import Desk

QUESTION = "How do I reset a forgotten password?"


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def pool(knowledge_url: str) -> AsyncIterator[Pool]:
    pool = await create_pool(knowledge_url, size=4)
    yield pool
    async with acquire(pool) as connection:
        await connection.execute("TRUNCATE tuning_changes")
    await pool.close()


async def change(pool: Pool, name: tuning.Name, value: object) -> tuning.Change:
    async with transaction(pool) as connection:
        return await tuning.change(connection, name, value, who="Kim", note="fitted")


async def undo(pool: Pool, *names: tuning.Name) -> tuning.Change:
    async with transaction(pool) as connection:
        return await tuning.undo(connection, names, who="Lee")


async def test_thresholds_take_effect_on_the_running_agent_and_go_back(pool: Pool, analysis_node: AnalysisNode) -> None:
    clock = Clock()
    desk = Desk(pool=pool, analysis=analysis_node, clock=clock)

    async def rule() -> str:
        clock.now += LOOK_EVERY_S
        return str((await desk.write(QUESTION)).rule)

    encoder = analysis_node.model_id
    assert await rule() == "answer:knowledge_base"
    for name, value, other in (
        ("escalation", {"legal.meaning": 0.0}, "meaning:legal"),
        ("mood", 1.0, "sentiment:below_threshold"),
        ("relevance", {encoder: 1.0, "another encoder": 0.0}, "question:which"),
    ):
        made = await change(pool, name, value)  # type: ignore[arg-type]
        assert (made.before, made.after, made.who) == (None, value, "Kim")
        assert await rule() == other
        undone = await undo(pool, "escalation", "mood", "relevance")
        assert (undone.undoes, undone.after, undone.who) == (made.number, None, "Lee")
        assert await rule() == "answer:knowledge_base"
    with pytest.raises(NothingToUndoError):
        await undo(pool, "escalation", "mood", "relevance")


async def test_a_threshold_that_this_release_does_not_know_leaves_the_ones_before_at_work(
    pool: Pool, analysis_node: AnalysisNode
) -> None:
    clock = Clock()
    desk = Desk(pool=pool, analysis=analysis_node, clock=clock)
    for value, rule, status in (
        ({"legal.meaning": 0.0}, "meaning:legal", "healthy"),
        ({"of a later release": 0.5}, "meaning:legal", "degraded"),
        ({}, "answer:knowledge_base", "healthy"),
    ):
        await change(pool, "escalation", value)
        clock.now += LOOK_EVERY_S
        assert (await desk.write(QUESTION)).rule == rule
        assert desk.node.health()[0] == status


async def test_undone_twice_it_is_as_it_was_before_both(pool: Pool) -> None:
    for value in (0.2, 0.25):
        await change(pool, "mood", value)
    assert [(await undo(pool, "mood")).after for _ in range(2)] == [0.2, None]
    async with acquire(pool) as connection:
        kept = await tuning.changes(connection)
    assert [(one.before, one.after, one.who) for one in reversed(kept)] == [
        (None, 0.2, "Kim"), (0.2, 0.25, "Kim"), (0.25, 0.2, "Lee"), (0.2, None, "Lee"),
    ]  # fmt: skip


async def test_a_classifier_that_cannot_be_read_leaves_the_one_before_at_work(pool: Pool, tmp_path: Path) -> None:
    clock, shipped, forced = Clock(), EscalationModel.load(), list[tuple[EscalationModel, float]]()
    watch = TuningWatch(
        pool=pool, shipped=shipped, put_in_force=lambda *of: forced.append(of), models=tmp_path, clock=clock
    )
    await watch.look()
    assert (forced, watch.status()) == ([], ("healthy", ""))

    folder = tmp_path / "own" / "escalation"
    folder.mkdir(parents=True)
    always_legal(folder / NAME)
    await change(pool, "escalation_model", {"model_id": "another", "folder": "own/escalation"})
    await watch.look()
    assert forced == []
    assert watch.status()[0] == "degraded"
    assert "not another" in watch.status()[1]

    await change(pool, "escalation_model", {"model_id": model_id(folder / NAME), "folder": "own/escalation"})
    clock.now += AGAIN_S
    await watch.look()
    assert [bound for _, bound in forced] == [UNSURE_BELOW]
    assert forced[0][0].message_scores([QUESTION])[0]["legal"] > 0.9
    assert watch.status() == ("healthy", "")

    await undo(pool, "escalation_model")
    await undo(pool, "escalation_model")
    await change(pool, "category", 0.7)
    await watch.look()
    assert forced[1:] == [(shipped, 0.7)]


def always_legal(path: Path) -> None:
    """The classifier that ships with another bias: nothing is as likely as a legal matter."""
    model = onnx.load(str(MODEL))
    bias = next(one for one in model.graph.initializer if one.name == "classes.bias")
    values = numpy_helper.to_array(bias).copy()
    values[CLASSES.index("legal")] += 50
    bias.CopyFrom(numpy_helper.from_array(values, bias.name))
    onnx.save(model, str(path))
