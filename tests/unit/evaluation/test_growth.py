"""When `bench growth` fails: its sizes and bounds."""

from __future__ import annotations

import numpy as np
import pytest

from db.measurement.growth import TOPICS, vectors
from evaluation.benchmarks.growth import GrowthReport, Row, sizes


def row(*, p95_of_smallest: float = 1.0, of_bare: float | None = None, bounded: bool = True) -> Row:
    """A row of a call."""
    return Row(
        dimension="tickets",
        call="a call",
        size=10,
        p50=1.0,
        p95=2.0,
        p95_of_smallest=p95_of_smallest,
        of_bare=of_bare,
        bounded=bounded,
    )


@pytest.mark.parametrize(
    ("found", "passed"),
    [
        (row(), True),
        (row(p95_of_smallest=1.99), True),
        (row(p95_of_smallest=2.0), False),
        (row(p95_of_smallest=2.0, bounded=False), True),
        (row(of_bare=1.2), True),
        (row(of_bare=1.21), False),
    ],
)
def test_twice_the_smallest_and_a_fifth_more_than_the_bare_statement_are_the_bounds(found: Row, passed: bool) -> None:
    assert found.passed is passed
    assert GrowthReport(rounds=20, fills=(), rows=(row(), found)).passed is passed


@pytest.mark.parametrize(
    ("most", "found"), [(1_000, [1_000]), (1_500, [1_000, 1_500]), (100_000, [1_000, 10_000, 100_000])]
)
def test_sizes_grow_tenfold_up_to_the_most(most: int, found: list[int]) -> None:
    assert sizes(1_000, most) == found


def test_vectors_are_the_same_again_and_lie_around_topics() -> None:
    stored = np.array(list(vectors(2_000, 64, seed=1)))
    assert np.array_equal(stored, np.array(list(vectors(2_000, 64, seed=1))))
    asked = np.array(list(vectors(50, 64, seed=2)))
    assert np.allclose(np.linalg.norm(stored, axis=1), 1, atol=1e-5)
    nearest = (asked @ stored.T).max(axis=1)
    assert len(stored) > TOPICS
    assert nearest.mean() > 0.5
    assert not np.allclose(nearest, 1)
