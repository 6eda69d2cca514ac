"""The circuit breaker (T-F1)."""

from __future__ import annotations

from deployments.agent.models.breaker import Breaker


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_f1_opens_after_a_row_tries_once_and_closes() -> None:
    clock = Clock()
    breaker = Breaker(failures=3, cooldown_s=30, clock=clock)
    for _ in range(2):
        breaker.failed()
    assert breaker.allows()
    breaker.failed()
    assert not breaker.closed
    assert not breaker.allows()

    clock.now = 30
    assert [breaker.allows() for _ in range(3)] == [True, False, False]
    breaker.failed()
    clock.now = 59
    assert not breaker.allows()
    clock.now = 60
    assert breaker.allows()
    breaker.succeeded()
    assert breaker.closed
    assert [breaker.allows() for _ in range(3)] == [True, True, True]


def test_f1_a_success_breaks_the_row() -> None:
    breaker = Breaker(failures=2)
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    assert breaker.closed
