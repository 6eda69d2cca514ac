"""What fails is probed until it answers, and the problem is known meanwhile without a call."""

from __future__ import annotations

import asyncio

import pytest

from deployments.runtime.retries import NodeUnavailableError
from deployments.runtime.watch import Watch
from tests.fixtures.waiting import eventually


class Node:
    """Answers unless it has an `error`, or hangs."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.hangs = False
        self.probes = 0

    async def call(self) -> str:
        if self.hangs:
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        return "answer"

    async def probe(self) -> None:
        self.probes += 1
        await self.call()


async def called(watch: Watch, node: Node) -> str:
    async with watch.call():
        return await node.call()


async def test_a_failure_shows_until_a_probe_is_answered() -> None:
    node = Node()
    watch = Watch(node.probe, every_s=0.02)
    assert await called(watch, node) == "answer"
    node.error = RuntimeError("a customer's words")
    with pytest.raises(RuntimeError):
        await called(watch, node)
    await eventually(lambda: node.probes > 2)
    assert watch.problem == "RuntimeError"
    node.error = None
    await eventually(lambda: not watch.problem)
    before = node.probes
    await asyncio.sleep(0.1)
    assert node.probes == before


async def test_our_own_errors_are_told_in_words() -> None:
    node = Node()
    node.error = NodeUnavailableError("ActorDiedError")
    watch = Watch(node.probe, every_s=0.02)
    with pytest.raises(NodeUnavailableError):
        await called(watch, node)
    assert watch.problem == "ActorDiedError"
    await watch.close()


async def test_a_message_that_is_at_fault_leaves_no_problem_on_a_node_that_answers_the_probe() -> None:
    node = Node()
    watch = Watch(node.probe, every_s=0.02)
    with pytest.raises(ValueError, match="poison"):
        async with watch.call():
            raise ValueError("poison")
    await eventually(lambda: not watch.problem)


async def test_a_call_that_hangs_is_looked_into_before_it_ends() -> None:
    node = Node()
    node.hangs = True
    watch = Watch(node.probe, within_s=0.02, every_s=0.02, patience_s=0.02)
    call = asyncio.create_task(called(watch, node))
    await eventually(lambda: watch.problem == "no answer within 0 s")
    call.cancel()
    node.hangs = False
    await eventually(lambda: not watch.problem)


async def test_a_long_call_to_a_node_that_answers_is_no_problem() -> None:
    node = Node()
    watch = Watch(node.probe, every_s=0.02, patience_s=0.01)
    async with watch.call():
        await eventually(lambda: node.probes)
        assert watch.problem == ""
