"""Measures whether a customer's messages, and no others, are filed under one customer (issue 5, point 5)."""

from __future__ import annotations

import asyncio

from evaluation.identity.trial import measure_identity
from evaluation.quality.report import Figure, Group

RECALL_AT_LEAST = 0.95
FALSE_MERGES_AT_MOST = 0.001


def measure(dsn: str, people: int) -> list[Group]:
    """Measure with simulated people in a scratch database on the server of `dsn`. Raises ScratchRefusedError."""
    found = asyncio.run(measure_identity(dsn, people=people))
    figures = (
        Figure(
            name="one person's messages kept together",
            measured=found.recall,
            of=found.pairs_with_evidence,
            at_least=RECALL_AT_LEAST,
        ),
        Figure(
            name="messages of two people merged",
            measured=found.false_merges,
            of=found.proven_pairs_together,
            at_most=FALSE_MERGES_AT_MOST,
        ),
        Figure(
            name="customers joined by a mere claim",
            measured=found.claims_joined,
            of=found.customers,
            unit="",
            at_most=0,
        ),
    )
    return [Group(name=f"Identity, {people} people", figures=figures, misses=found.misses)]
