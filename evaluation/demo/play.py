"""The sample tickets played through the running product: what became of each beside what was expected."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evaluation.demo.entry_points import EntryPoint, Fate, RefusedError, Sent
from evaluation.demo.samples import Sample, verdict

MATCH_AT_LEAST = 0.95
POLL_S = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One sample's fate. `via` is the door that it went through, its own channel's or the form's. `answers` counts how
    often its customer got the agent's word: never is lost, twice is double."""

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
    """All cases, with how many were lost, doubled, and matched their label."""

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
    entry_points: Mapping[str, EntryPoint],
    samples: Sequence[Sample],
    *,
    at_once: int = 8,
    timeout_s: float = 120.0,
    settle_s: float = 3.0,
    on_case: Callable[[Case], None] = lambda case: None,
) -> DemoReport:
    """Send every sample through its channel's door, wait until each is answered or escalated, and report.

    `on_case` sees each as it ends; the report is of a second look at all of them, `settle_s` after the last: an answer
    that comes twice comes late. Raises ProductUnreachableError.
    """
    gate = asyncio.Semaphore(at_once)

    async def one(sample: Sample) -> tuple[Case, Sent | None]:
        async with gate:
            case, sent = await _play_one(entry_points[sample.channel], sample, timeout_s)
        on_case(case)
        return case, sent

    played = await asyncio.gather(*(one(sample) for sample in samples))
    await asyncio.sleep(settle_s)
    return DemoReport(cases=tuple([await _looked_again(entry_points, case, sent) for case, sent in played]))


async def _play_one(entry_point: EntryPoint, sample: Sample, timeout_s: float) -> tuple[Case, Sent | None]:
    started = time.monotonic()
    try:
        sent = await entry_point.send(sample)
    except RefusedError as error:
        return _case(sample, entry_point, Fate(status=f"refused: {error}"), 0.0), None
    fate = await entry_point.fate(sent)
    while not fate.finished and time.monotonic() - started < timeout_s:
        await asyncio.sleep(POLL_S)
        fate = await entry_point.fate(sent)
    return _case(sample, entry_point, fate, time.monotonic() - started), sent


async def _looked_again(entry_points: Mapping[str, EntryPoint], case: Case, sent: Sent | None) -> Case:
    if sent is None:
        return case
    entry_point = entry_points[case.channel]
    fate = await entry_point.fate(sent)
    # A call that just fails takes nothing away from what was seen before.
    return _case(sent.sample, entry_point, fate, case.seconds) if fate.finished or not case.answers else case


def _case(sample: Sample, entry_point: EntryPoint, fate: Fate, seconds: float) -> Case:
    outcome = {"waiting": "answered", "resolved": "answered"}.get(fate.status, fate.status)
    became = verdict(outcome, fate.reason) if fate.answers or outcome != "answered" else "answered, not delivered"
    return Case(
        id=sample.id,
        channel=sample.channel,
        via=entry_point.name,
        subject=sample.form["subject"],
        ticket=fate.ticket,
        expected=sample.expected,
        became=became,
        matched=became == sample.expected,
        answers=fate.answers,
        seconds=round(seconds, 2),
        reply=fate.words[0] if fate.words else "",
    )
