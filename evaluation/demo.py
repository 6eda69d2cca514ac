"""The sample tickets played through the running product: what became of each beside what was expected."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

from evaluation.client import FINISHED, ProductClient, Reply
from evaluation.samples import Sample, verdict

MATCH_AT_LEAST = 0.95
POLL_S = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One sample's fate. `answers` counts the agent's words in the ticket: none is lost, two is double."""

    id: str
    channel: str
    subject: str
    ticket: str
    expected: str
    became: str
    matched: bool
    answers: int
    seconds: float
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoReport:
    """All cases, with how many were lost, doubled, and matched their label."""

    cases: tuple[Case, ...]

    @property
    def lost(self) -> int:
        """Cases to which the agent said nothing."""
        return sum(case.answers == 0 for case in self.cases)

    @property
    def doubled(self) -> int:
        """Cases to which the agent said more than one thing."""
        return sum(case.answers > 1 for case in self.cases)

    @property
    def matched(self) -> int:
        """Cases that ended as their label says."""
        return sum(case.matched for case in self.cases)

    @property
    def passed(self) -> bool:
        """Nothing lost, nothing doubled, and at least 95 % as labelled."""
        return not self.lost and not self.doubled and self.matched >= MATCH_AT_LEAST * len(self.cases)

    def as_json(self) -> dict[str, Any]:
        """The report as `demo --json` writes it."""
        return {
            "cases": [asdict(case) for case in self.cases],
            "lost": self.lost,
            "doubled": self.doubled,
            "matched": self.matched,
        }


async def play(
    client: ProductClient,
    samples: Sequence[Sample],
    *,
    at_once: int = 8,
    timeout_s: float = 120.0,
    on_case: Callable[[Case], None] = lambda case: None,
) -> DemoReport:
    """Send every sample, wait until each is answered or escalated, and report. `on_case` sees each as it ends."""
    gate = asyncio.Semaphore(at_once)

    async def one(sample: Sample) -> Case:
        async with gate:
            case = await _play_one(client, sample, timeout_s)
        on_case(case)
        return case

    return DemoReport(cases=tuple(await asyncio.gather(*(one(sample) for sample in samples))))


async def _play_one(client: ProductClient, sample: Sample, timeout_s: float) -> Case:
    started = time.monotonic()
    # A fresh key: playing the samples twice makes two sets of tickets.
    accepted = await client.submit(sample.form, key=f"demo-{sample.id}-{uuid4()}")
    if accepted.status != 201:
        return _refused(sample, accepted)
    number, token = accepted.body["ticket_id"], accepted.body["status_token"]
    ticket = (await client.ticket(number, token)).body
    while ticket.get("status") not in FINISHED and time.monotonic() - started < timeout_s:
        await asyncio.sleep(POLL_S)
        ticket = (await client.ticket(number, token)).body
    return _case(sample, ticket, number, time.monotonic() - started)


def _case(sample: Sample, ticket: dict[str, Any], number: str, seconds: float) -> Case:
    words = [response for response in ticket.get("responses", []) if response["author"] == "agent"]
    outcome = {"waiting": "answered", "resolved": "answered"}.get(ticket.get("status", ""), ticket.get("status", "?"))
    became = verdict(outcome, ticket.get("escalation_reason"))
    return Case(
        id=sample.id,
        channel=sample.channel,
        subject=sample.form["subject"],
        ticket=number,
        expected=sample.expected,
        became=became,
        matched=became == sample.expected,
        answers=len(words),
        seconds=round(seconds, 2),
        reply=words[0]["text"] if words else "",
    )


def _refused(sample: Sample, reply: Reply) -> Case:
    return Case(
        id=sample.id,
        channel=sample.channel,
        subject=sample.form["subject"],
        ticket="",
        expected=sample.expected,
        became=f"refused: {reply.status} {reply.body.get('error', '')}",
        matched=False,
        answers=0,
        seconds=0.0,
        reply="",
    )
