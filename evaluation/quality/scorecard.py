"""Measures the quality report (T3) offline.

The product need not run: the encoder works in this process, on the labelled sets and the documentation of the
repository; identity and formatting are measured in a scratch database of a PostgreSQL that the caller names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from embeddings.encoder import Encoder
from embeddings.workbench.questions import DOCUMENT
from evaluation.quality import answers, escalation, formatting, guards, identity, retrieval, sentiment
from evaluation.quality.report import Group, Scorecard

Part = Callable[[], list[Group]]
Progress = Callable[[str], None]


def parts(encoder: Encoder, database: Callable[[], AbstractContextManager[str]], people: int) -> Mapping[str, Part]:
    """Return the parts of the report by the name shown while they run. `database` provides the DSN of a PostgreSQL."""

    def of_identity() -> list[Group]:
        with database() as dsn:
            return identity.measure(dsn, people)

    def of_formatting() -> list[Group]:
        with database() as dsn:
            return formatting.measure(dsn, encoder, DOCUMENT)

    return {
        "escalation": escalation.measure,
        "outgoing check and groundedness": lambda: guards.measure(DOCUMENT),
        "sentiment": lambda: sentiment.measure(encoder),
        "identity": of_identity,
        "retrieval": lambda: retrieval.measure(encoder, DOCUMENT),
        "formatting": of_formatting,
        "answers": lambda: answers.measure(encoder, answers.tested()),
    }


def measure(measured: Mapping[str, Part], started: Progress) -> Scorecard:
    """Measure the parts in order; `started` is called with the name of each before it runs."""
    groups: list[Group] = []
    for name, part in measured.items():
        started(name)
        groups += part()
    return Scorecard(groups=tuple(groups))
