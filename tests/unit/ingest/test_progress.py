"""Offsets are committed only behind finished work; a bad deploy is told from bad messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.bus.dead_letter_limit import DeadLetterLimit
from ingest.bus.offsets import Offsets, Progress


def begun(*offsets: int) -> Progress:
    progress = Progress()
    for offset in offsets:
        progress.begin(offset)
    return progress


def test_k2_nothing_is_due_while_the_first_runs() -> None:
    progress = begun(5, 6, 7)
    progress.finish(6)
    progress.finish(7)
    assert progress.due is None
    progress.finish(5)
    assert progress.due == 8


def test_a_gap_in_the_log_is_passed_over() -> None:
    progress = begun(5, 9)
    progress.finish(5)
    assert progress.due == 6
    progress.finish(9)
    assert progress.due == 10


def test_what_is_committed_is_not_due_again() -> None:
    progress = begun(5, 6)
    progress.finish(5)
    progress.committed(6)
    assert progress.due is None
    progress.finish(6)
    assert progress.due == 7


def test_a_record_from_before_the_rebalance_is_ignored() -> None:
    progress = begun(5)
    progress.finish(3)
    assert progress.due is None


def test_each_assignment_begins_anew() -> None:
    offsets = Offsets()
    for partition in (0, 1):
        offsets.begin(("t", partition), 5)
        offsets.finish(("t", partition), 5)
    assert offsets.due() == {("t", 0): 6, ("t", 1): 6}
    offsets.committed({("t", 0): 6})
    offsets.forget([("t", 1)])
    assert offsets.due() == {}
    offsets.finish(("t", 1), 5)
    assert offsets.partitions == [("t", 0)]


@given(st.integers(1, 40).flatmap(lambda n: st.permutations(range(n))))
def test_k2_due_is_the_first_unfinished_whatever_the_order(order: list[int]) -> None:
    progress = begun(*range(len(order)))
    finished: set[int] = set()
    for offset in order:
        progress.finish(offset)
        finished.add(offset)
        first = next(n for n in range(len(order) + 1) if n not in finished)
        assert progress.due == (first or None)


def noted(verdicts: str, *, partition: int = 0) -> DeadLetterLimit:
    limit = DeadLetterLimit()
    for verdict in verdicts:
        limit.note(partition, dead=verdict == "x")
    return limit


@pytest.mark.parametrize(
    ("verdicts", "reached"),
    [
        ("x" * 7, False),
        ("x" * 8, True),
        ("xxxx.xxx", False),
        ("x.xx." * 8, True),  # 24 of 40
        ("x.." * 20, False),
        ("x" * 7 + "." * 40, False),
    ],
)
def test_t_d2_run_and_ratio_of_a_partition(verdicts: str, reached: bool) -> None:
    assert noted(verdicts).reached is reached


def test_t_d2_many_partitions_count_together() -> None:
    limit = DeadLetterLimit()
    for n in range(49):
        limit.note(n % 12, dead=True)
    assert not limit.reached
    limit.note(11, dead=True)
    assert limit.reached


def test_t_d1_one_percent_of_poison_never_stops_the_consumer() -> None:
    limit = DeadLetterLimit()
    for n in range(5000):
        limit.note(n % 12, dead=n % 100 == 7)
    assert not limit.reached
