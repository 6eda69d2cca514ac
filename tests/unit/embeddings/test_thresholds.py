"""The threshold of least cost is chosen, never one that misses what must not be missed; the page draws it."""

from __future__ import annotations

import pytest

from embeddings.workbench.thresholds import Fitted, fit, html

GRID = [n / 10 for n in range(1, 10)]


def fitted(*, miss: float, alarm: float, most: float = 1.0, today: float = 0.5) -> Fitted:
    """Misses grow with the threshold, false alarms fall."""
    return fit(
        "made", lambda t: (round(t * 10), round((1 - t) * 10), t <= most), GRID, today=today, texts=20,
        miss_cost=miss, false_alarm_cost=alarm,
    )  # fmt: skip


def test_the_cheapest_threshold_is_chosen() -> None:
    assert fitted(miss=5, alarm=1).chosen.threshold == 0.1
    assert fitted(miss=1, alarm=5).chosen.threshold == 0.9
    assert fitted(miss=1, alarm=5, most=0.6).chosen.threshold == 0.6
    assert fitted(miss=1, alarm=1, today=0.37).chosen.threshold == 0.37
    with pytest.raises(ValueError, match="at every threshold something is missed"):
        fitted(miss=1, alarm=1, most=0.0)


def test_the_page_draws_the_choice() -> None:
    text = html(fitted(miss=5, alarm=1))
    assert text.count("<svg") == 1
    assert "made: 0.1 (1 misses, 9 false alarms, cost 14); today 0.5 (5, 5, 30), of 20 texts" in text
