"""Groups questions that nobody could answer by what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deployments.reporting.topics import alike_groups
from embeddings.arrays import Floats

ALIKE = 0.6
"""Least cosine of two questions about one topic."""
SHOWN_CHARACTERS = 100
SHOWN_TICKETS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question in vain: who asked it, in which ticket."""

    customer: str
    ticket: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Questions of one topic, which is the most central of them; `tickets` are examples."""

    topic: str
    customers: int
    questions: int
    tickets: tuple[str, ...]


def grouped(asked: Sequence[Asked], vectors: Floats) -> list[Gap]:
    """Group questions by the cosine of their vectors `(len(asked), d)`, each of length 1; most customers first.

    The question with the most neighbours takes all of them, then the next of those that are left.
    """
    groups = alike_groups(vectors, ALIKE)
    gaps = [_gap(asked[group[0]], [asked[n] for n in sorted(group)]) for group in groups]
    return sorted(gaps, key=lambda gap: (-gap.customers, -gap.questions, gap.topic))


def _gap(centre: Asked, members: Sequence[Asked]) -> Gap:
    topic = " ".join(centre.text.split()) or "(no text)"
    return Gap(
        topic=topic if len(topic) <= SHOWN_CHARACTERS else topic[: SHOWN_CHARACTERS - 1] + "…",
        customers=len({one.customer for one in members}),
        questions=len(members),
        tickets=tuple(dict.fromkeys(one.ticket for one in members))[:SHOWN_TICKETS],
    )
