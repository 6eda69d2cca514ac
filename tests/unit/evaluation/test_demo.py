"""The demo counts lost, doubled and matched by what reached the customer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from evaluation.demo.entry_points import RefusedError, SampleOutcome, Sent, fictional_number
from evaluation.demo.play import DemoReport, play
from evaluation.demo.samples import Sample
from ingest.identifiers import normalise_phone

ANSWERED = SampleOutcome(
    ticket_number="TKT-0001", status="waiting", replies=("Open Trash.\n\nIt is there.",), arrived=()
)
SAMPLE = Sample(id="S-001", channel="email", form={"subject": "Trash"}, outcome="answered", reason=None)


@dataclass
class Script:
    """An entry point whose outcome changes with each read; the last one stays."""

    outcomes: list[SampleOutcome]
    name: str = "mail"
    refusal: str = ""
    looks: list[Sent] = field(default_factory=list)

    async def send(self, sample: Sample) -> Sent:
        if self.refusal:
            raise RefusedError(self.refusal)
        return Sent(sample=sample, reference="19a0")

    async def outcome(self, sent: Sent) -> SampleOutcome:
        self.looks.append(sent)
        return self.outcomes[min(len(self.looks), len(self.outcomes)) - 1]


async def _played(script: Script, *, timeout_s: float = 60.0) -> DemoReport:
    return await play({"email": script}, [SAMPLE], timeout_s=timeout_s, settle_s=0.0)


@pytest.mark.parametrize(
    ("arrived", "answers"),
    [
        ((), 0),
        (("Open Trash.",), 0),  # a long answer's second part is missing
        (("Open Trash.", "It is there."), 1),
        (("Open Trash.\r\n\r\nIt is\r\nthere.\r\n",), 1),
        (("Open Trash.", "It is there.", "It is there."), 2),
        (("Open Trash. It is there.", "Open Trash. It is there."), 2),
    ],
)
def test_an_answer_counts_when_it_has_arrived_as_a_whole(arrived: tuple[str, ...], answers: int) -> None:
    assert replace(ANSWERED, arrived=arrived).answers == answers


def test_two_replies_in_a_ticket_count_as_doubled() -> None:
    assert replace(ANSWERED, replies=("one", "two"), arrived=("one", "two")).answers == 2
    assert replace(ANSWERED, replies=(), arrived=("from nowhere",)).answers == 0


async def test_the_demo_waits_until_the_answer_has_arrived() -> None:
    there = replace(ANSWERED, arrived=ANSWERED.replies)
    report = await _played(Script([SampleOutcome(), replace(ANSWERED, status="processing"), ANSWERED, there]))
    assert (report.lost, report.doubled, report.matched, report.passed) == (0, 0, 1, True)
    assert (report.cases[0].ticket, report.cases[0].via, report.cases[0].became) == ("TKT-0001", "mail", "answered")


async def test_what_never_arrives_is_lost_and_matches_nothing() -> None:
    report = await _played(Script([ANSWERED]), timeout_s=0.1)
    assert (report.lost, report.matched, report.passed) == (1, 0, False)
    assert report.cases[0].became == "answered, not delivered"


async def test_a_delayed_second_reply_counts_as_doubled() -> None:
    once = replace(ANSWERED, arrived=ANSWERED.replies)
    report = await _played(Script([once, replace(once, arrived=once.arrived * 2)]))
    assert (report.lost, report.doubled, report.passed) == (0, 1, False)


async def test_a_refused_sample_is_lost_and_named() -> None:
    report = await _played(Script([], refusal="503 UNAVAILABLE"))
    assert (report.lost, report.cases[0].became) == (1, "refused: 503 UNAVAILABLE")
    assert set(report.as_json()) == {"cases", "lost", "doubled", "matched"}


def test_the_demos_telephone_numbers_are_fictitious_and_accepted() -> None:
    taken: set[str] = set()
    for _ in range(500):
        number = fictional_number(taken)
        assert number not in taken
        assert number[5:10] == "55501"
        assert normalise_phone(number) == number
        taken.add(number)
