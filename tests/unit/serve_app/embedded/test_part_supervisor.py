"""S1: a part that dies is restarted; one that cannot start the first time is reported."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from serve_app.embedded.base.errors import StartError
from serve_app.embedded.base.run_file import PartStatus
from serve_app.embedded.supervision import part_supervisor as supervision
from serve_app.embedded.supervision.part_supervisor import PartSupervisor
from tests.fixtures.waiting import eventually
from tests.unit.serve_app.embedded.sleeper import Sleeper


@pytest.fixture
def seen() -> list[PartStatus]:
    return []


@pytest.fixture
async def sleeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sleeper]:
    monkeypatch.setattr(supervision, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(supervision, "FIRST_PAUSE", 0.02)
    part = Sleeper(tmp_path)
    yield part
    part.stop()


@contextlib.asynccontextmanager
async def _kept(part_supervisor: PartSupervisor) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(part_supervisor.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_killed_part_is_restarted(sleeper: Sleeper, seen: list[PartStatus]) -> None:
    part_supervisor = PartSupervisor(sleeper, on_change=seen.append)
    async with _kept(part_supervisor):
        await part_supervisor.up.wait()
        first = part_supervisor.status.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await eventually(
            lambda: part_supervisor.status.state == "up" and part_supervisor.status.pid != first,
            pause_s=0.01,
        )
    assert [status.state for status in seen] == ["starting", "up", "restarting", "restarting", "up"]
    assert part_supervisor.status.restarts == 1


async def test_a_failing_first_start_is_reported(sleeper: Sleeper, seen: list[PartStatus]) -> None:
    sleeper.fails = True
    part_supervisor = PartSupervisor(sleeper, on_change=seen.append)
    with pytest.raises(StartError, match="does not want to"):
        await part_supervisor.run()
    assert seen[-1].state == "failed"
    assert seen[-1].detail == "it does not want to"


async def test_a_failing_restart_is_retried(sleeper: Sleeper, seen: list[PartStatus]) -> None:
    part_supervisor = PartSupervisor(sleeper, on_change=seen.append)
    async with _kept(part_supervisor) as task:
        await part_supervisor.up.wait()
        sleeper.fails = True
        sleeper.stop()
        await eventually(lambda: sleeper.starts >= 4, pause_s=0.01)
        assert part_supervisor.status.state in ("failed", "restarting")
        sleeper.fails = False
        await eventually(part_supervisor.up.is_set, pause_s=0.01)
        assert not task.done()


async def test_a_part_starts_and_stops_with_its_dependency(sleeper: Sleeper, seen: list[PartStatus]) -> None:
    ray = asyncio.Event()
    part_supervisor = PartSupervisor(sleeper, on_change=seen.append, needs={"ray": ray})
    async with _kept(part_supervisor):
        await eventually(lambda: bool(seen), pause_s=0.01)
        assert (seen[-1].state, seen[-1].detail) == ("waiting", "for ray")
        assert sleeper.pid is None
        ray.set()
        await part_supervisor.up.wait()
        ray.clear()
        await eventually(lambda: not sleeper.is_alive(), pause_s=0.01)
        assert not part_supervisor.up.is_set()
        ray.set()
        await eventually(part_supervisor.up.is_set, pause_s=0.01)


async def test_a_part_is_up_only_after_its_after_start_hook(sleeper: Sleeper, seen: list[PartStatus]) -> None:
    followed = asyncio.Event()

    async def follow() -> None:
        assert sleeper.is_alive()
        assert not part_supervisor.up.is_set()
        followed.set()

    part_supervisor = PartSupervisor(sleeper, on_change=seen.append, after_start=follow)
    async with _kept(part_supervisor):
        await part_supervisor.up.wait()
    assert followed.is_set()
