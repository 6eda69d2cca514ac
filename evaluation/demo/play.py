"""Sends the sample tickets through the running product and compares each outcome with its label."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evaluation.demo.entry_points import EntryPoint, RefusedError, SampleOutcome, Sent
from evaluation.demo.samples import Sample, outcome_label

MATCH_AT_LEAST = 0.95
POLL_S = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The outcome of one sample. `via` names the entry point, its own channel's or the form's. `answers` counts how
    often the customer got the agent's reply: 0 is lost, 2 or more is doubled."""

    id: str
    channel: str
    via: str
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
    """All cases, with the numbers of lost, doubled and matched ones."""

    cases: tuple[Case, ...]

    @property
    def lost(self) -> int:
        """Cases whose customer got no answer."""
        return sum(case.answers == 0 for case in self.cases)

    @property
    def doubled(self) -> int:
        """Cases whose customer was answered more than once."""
        return sum(case.answers > 1 for case in self.cases)

    @property
    def matched(self) -> int:
        """Cases whose outcome is that of their label."""
        return sum(case.matched for case in self.cases)

    @property
    def passed(self) -> bool:
        """True when nothing is lost or doubled and at least MATCH_AT_LEAST are as labelled."""
        return not self.lost and not self.doubled and self.matched >= MATCH_AT_LEAST * len(self.cases)

    def as_json(self) -> dict[str, Any]:
        """Return the report as `demo --json` writes it."""
        return {
            "cases": [asdict(case) for case in self.cases],
            "lost": self.lost,
            "doubled": self.doubled,
            "matched": self.matched,
        }


async def play(
    entry_points: Mapping[str, EntryPoint],
    samples: Sequence[Sample],
    *,
    at_once: int = 8,
    timeout_s: float = 120.0,
    settle_s: float = 3.0,
    on_case: Callable[[Case], None] = lambda case: None,
) -> DemoReport:
    """Send every sample to its channel's entry point, wait until each is answered or escalated, and report.

    `on_case` is called with each as it ends. All are read again `settle_s` after the last, to count second answers.
    Raises ProductUnreachableError.
    """
    gate = asyncio.Semaphore(at_once)

    async def one(sample: Sample) -> tuple[Case, Sent | None]:
        async with gate:
            case, sent = await _play_one(entry_points[sample.channel], sample, timeout_s)
        on_case(case)
        return case, sent

    played = await asyncio.gather(*(one(sample) for sample in samples))
    await asyncio.sleep(settle_s)
    return DemoReport(cases=tuple([await _read_again(entry_points, case, sent) for case, sent in played]))


async def _play_one(entry_point: EntryPoint, sample: Sample, timeout_s: float) -> tuple[Case, Sent | None]:
    started = time.monotonic()
    try:
        sent = await entry_point.send(sample)
    except RefusedError as error:
        return _case(sample, entry_point, SampleOutcome(status=f"refused: {error}"), 0.0), None
    outcome = await entry_point.outcome(sent)
    while not outcome.finished and time.monotonic() - started < timeout_s:
        await asyncio.sleep(POLL_S)
        outcome = await entry_point.outcome(sent)
    return _case(sample, entry_point, outcome, time.monotonic() - started), sent


async def _read_again(entry_points: Mapping[str, EntryPoint], case: Case, sent: Sent | None) -> Case:
    if sent is None:
        return case
    entry_point = entry_points[case.channel]
    outcome = await entry_point.outcome(sent)
    # A call that fails does not undo what was read before.
    return _case(sent.sample, entry_point, outcome, case.seconds) if outcome.finished or not case.answers else case


def _case(sample: Sample, entry_point: EntryPoint, found: SampleOutcome, seconds: float) -> Case:
    state = {"waiting": "answered", "resolved": "answered"}.get(found.status, found.status)
    became = outcome_label(state, found.reason) if found.answers or state != "answered" else "answered, not delivered"
    return Case(
        id=sample.id,
        channel=sample.channel,
        via=entry_point.name,
        subject=sample.form["subject"],
        ticket=found.ticket_number,
        expected=sample.expected,
        became=became,
        matched=became == sample.expected,
        answers=found.answers,
        seconds=round(seconds, 2),
        reply=found.replies[0] if found.replies else "",
    )
