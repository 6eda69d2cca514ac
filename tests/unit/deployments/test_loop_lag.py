"""A loop that stands still is seen, shown and forgotten."""

from __future__ import annotations

import asyncio
import time

import pytest
from prometheus_client import REGISTRY

from deployments.runtime import loop_lag, metrics
from deployments.runtime.loop_lag import LoopLag
from tests.fixtures.waiting import eventually


async def test_the_longest_block_is_measured_and_exported() -> None:
    lag = LoopLag(node="tested")
    began = time.monotonic()
    lag.start()
    await asyncio.sleep(0.12)
    time.sleep(0.5)  # noqa: ASYNC251  what nobody should do
    await eventually(lambda: lag.longest_s > 0.3)
    lag.stop()
    assert lag.longest_s < time.monotonic() - began
    assert REGISTRY.get_sample_value("nightdesk_loop_lag_seconds", {"node": "tested"}) == lag.longest_s


def test_a_block_counts_for_a_minute_and_the_longest_of_it_is_shown() -> None:
    now = 0.0
    lag = LoopLag(node="tested", clock=lambda: now)
    for at, block in ((1.0, 0.1), (2.0, 3.0), (3.0, 0.5), (4.0, 0.2)):
        now = at
        lag.note(block)
    assert lag.longest_s == 3.0
    assert lag.problem() == "the event loop stood still for 3.0 s"
    now = 2.0 + loop_lag.SHOWN_S + 0.5
    assert (lag.longest_s, lag.problem()) == (3.0, "")
    now = 2.0 + loop_lag.WINDOW_S + 0.5
    assert lag.longest_s == 0.5
    assert lag.problem() == ""
    now += loop_lag.WINDOW_S
    assert lag.longest_s == 0.0


def test_the_gauge_is_told_what_changed_and_now_and_then_what_did_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times a second it would cost more than the measuring."""
    told: list[float] = []
    monkeypatch.setattr(metrics, "record", lambda _metric, value, **_labels: told.append(value))
    now = 0.0
    lag = LoopLag(node="tested", clock=lambda: now)
    for at, block in ((0.0, 0.1), (0.05, 0.01), (0.1, 0.3), (0.15, 0.0), (0.1 + loop_lag.TOLD_EVERY_S, 0.0)):
        now = at
        lag.note(block)
    assert told == [0.1, 0.3, 0.3]
