"""A failed call counts against its message only when it fails alone on a node that answers others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from db.ids import new_id
from deployments.runtime.quarantine import MessageFaultError, Quarantine
from deployments.runtime.retries import NodeDiedError, NodeUnavailableError


@dataclass(slots=True)
class Node:
    """A node with one replica: a message of `kills` kills it, and every call in flight fails with it."""

    kills: set[UUID] = field(default_factory=set)
    hangs: set[UUID] = field(default_factory=set)
    down_until: float = 0.0
    deaths: int = 0
    calls: list[tuple[UUID, ...]] = field(default_factory=list)
    _lives: asyncio.Event = field(default_factory=asyncio.Event)

    async def work(self, *messages: UUID) -> tuple[UUID, ...]:
        self.calls.append(messages)
        await self.probe()
        died = self._lives
        if self.kills & set(messages):
            await asyncio.sleep(0.005)
            self.deaths += 1
            self._lives = asyncio.Event()
            died.set()
        if self.hangs & set(messages):
            await asyncio.sleep(3600)
        await asyncio.sleep(0.01)
        if died.is_set():
            raise NodeDiedError("ActorDiedError")
        return messages

    async def probe(self) -> None:
        if asyncio.get_running_loop().time() < self.down_until:
            raise NodeUnavailableError("down")


async def run(node: Node, messages: Sequence[UUID], within_s: float = 1.0, settle_s: float = 0.1) -> dict[UUID, str]:
    """Call the node for all messages at once; what became of each."""
    quarantine = Quarantine(node="analysis", probe=node.probe, within_s=within_s, settle_s=settle_s)
    found: dict[UUID, str] = {}

    async def call(message: UUID) -> None:
        try:
            await quarantine.call(message, lambda: node.work(message), lambda: node.work(message))
        except MessageFaultError:
            found[message] = "fault"
        else:
            found[message] = "done"

    await asyncio.gather(*map(call, messages))
    return found


def some(count: int) -> list[UUID]:
    return [new_id() for _ in range(count)]


async def test_of_a_hundred_that_died_together_only_the_one_that_kills_is_at_fault() -> None:
    messages = some(100)
    node = Node(kills={messages[40]})
    found = await run(node, messages)
    assert [message for message in messages if found[message] == "fault"] == [messages[40]]
    assert node.deaths == 3  # together, among few, alone


async def test_one_that_hangs_the_node_is_at_fault() -> None:
    messages = some(10)
    found = await run(Node(hangs={messages[3]}), messages)
    assert [message for message in messages if found[message] == "fault"] == [messages[3]]


async def test_a_node_that_is_down_for_everybody_counts_against_nobody() -> None:
    messages = some(30)
    node = Node(down_until=asyncio.get_running_loop().time() + 1.0)
    assert set((await run(node, messages)).values()) == {"done"}


async def test_a_message_that_was_at_fault_is_alone_from_the_start_until_it_succeeds() -> None:
    [message] = some(1)
    node = Node(kills={message})
    quarantine = Quarantine(node="analysis", probe=node.probe, within_s=1.0, settle_s=0.1)
    together: list[UUID] = []

    async def shared() -> tuple[UUID, ...]:
        together.append(message)
        return await node.work(message)

    for _ in range(2):
        with pytest.raises(MessageFaultError):
            await quarantine.call(message, shared, lambda: node.work(message))
    assert len(together) == 1
    node.kills.clear()
    await quarantine.call(message, shared, lambda: node.work(message))
    await quarantine.call(message, shared, lambda: node.work(message))
    assert len(together) == 2


async def test_what_a_node_says_of_a_message_passes_at_once() -> None:
    quarantine = Quarantine(node="agent", probe=Node().probe, within_s=1.0, settle_s=0.1)
    calls: list[int] = []

    async def broken() -> None:
        calls.append(1)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await quarantine.call(new_id(), broken, broken)
    assert len(calls) == 1


async def test_what_may_kill_is_not_tried_before_the_replica_is_back() -> None:
    messages = some(2)
    node = Node(kills=set(messages))
    began = asyncio.get_running_loop().time()
    assert set((await run(node, messages, settle_s=0.3)).values()) == {"fault"}
    # Together, among few, and each alone: three pauses before the last.
    assert asyncio.get_running_loop().time() - began > 3 * 0.3
