"""A channel whose provider fails tries one reply at a time and reports it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from deployments.delivery.channel_state import ALARM_S, ChannelState


@dataclass(slots=True)
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(clock: Clock) -> ChannelState:
    return ChannelState(clock=clock)


def test_an_open_channel_takes_full_batches(state: ChannelState) -> None:
    assert state.capacity(50) == 50
    assert state.status() == ("healthy", "the provider answers")


def test_failures_pause_a_channel_for_a_second_then_longer(state: ChannelState, clock: Clock) -> None:
    pauses = []
    for _ in range(7):
        state.failed("down")
        before = clock.now
        while state.capacity(50) == 0:
            clock.now += 0.5
        pauses.append(clock.now - before)
        assert state.capacity(50) == 1
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    assert state.status() == ("degraded", "down")


def test_fifty_failures_at_the_same_moment_count_once(state: ChannelState, clock: Clock) -> None:
    for _ in range(50):
        state.failed("down")
    clock.now += 1.0
    assert state.capacity(50) == 1


def test_one_success_opens_it_again(state: ChannelState) -> None:
    state.failed("down")
    state.succeeded()
    assert state.capacity(50) == 50
    assert state.status()[0] == "healthy"


def test_while_only_sending_fails_one_reply_at_a_time_is_tried(state: ChannelState) -> None:
    for _ in range(10):
        state.failed("503")
        state.reachable()
        assert state.capacity(50) == 1
        assert state.status() == ("degraded", "503")
    state.succeeded()
    assert state.capacity(50) == 50


def test_a_passed_credential_check_opens_a_channel_closed_by_a_failed_one(state: ChannelState) -> None:
    state.failed("invalid_grant", sending=False)
    assert state.capacity(50) == 0
    state.reachable()
    assert (state.capacity(50), state.status()[0]) == (50, "healthy")


def test_a_problem_is_cleared_when_no_reply_failed_between_two_checks(state: ChannelState) -> None:
    state.failed("503")
    state.reachable()
    state.reachable()
    assert (state.capacity(50), state.status()[0]) == (50, "healthy")


def test_an_alarm_shows_for_a_quarter_of_an_hour_despite_successes(state: ChannelState, clock: Clock) -> None:
    state.alarm("somebody should look")
    state.succeeded()
    assert state.status() == ("degraded", "somebody should look")
    clock.now += ALARM_S
    assert state.status()[0] == "healthy"
