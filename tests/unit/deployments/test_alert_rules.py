"""M1: what raises an alert."""

from __future__ import annotations

import pytest

from db.measurement.metrics import Window
from deployments.reporting.collector import AlertRules, alerts_of


def window(turns: int = 100, escalated: int = 0, latency_ms: float | None = 100.0) -> Window:
    return Window(
        turns=turns,
        escalated=escalated,
        mean_latency_ms=latency_ms,
        p95_latency_ms=latency_ms,
        mean_quiet_ms=2000.0,
        mean_model_ms=500.0,
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (window(), []),
        (window(latency_ms=3000.0), []),
        (window(latency_ms=3100.0), ["mean latency 3.1 s is above 3.0 s (beside it: quiet gap 2.0 s, model 0.5 s)"]),
        (window(escalated=25), []),
        (window(escalated=26), ["escalation rate 26% is above 25%"]),
        (window(turns=9, escalated=9, latency_ms=9000.0), []),
        (window(turns=0, latency_ms=None), []),
    ],
)
def test_m1_alerts(found: Window, expected: list[str]) -> None:
    assert alerts_of(found, AlertRules()) == expected


def test_m1_dead_letters_alert_without_turns_from_their_limit_on() -> None:
    none = window(turns=0, latency_ms=None)
    rules = AlertRules(dead_letters=2, window_s=60.0)
    assert alerts_of(none, rules, letters=2) == []
    assert alerts_of(none, rules, letters=3) == ["dead letters: 3 in 60 s, see `nightdesk dlq list`"]
