"""Issue 12: in real-looking threads no word of a customer's is lost, and next to nothing that is quoted is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from ingest.mail.message import parse
from tests.data.mail_threads.generator import DESK, Letter, threads

RECEIVED = datetime(2026, 3, 2, 9, 20, tzinfo=UTC)
KEPT_AT_MOST = 0.02


@dataclass(frozen=True, slots=True)
class Measured:
    """What came out of letters: lines of the customer's that are missing, quoted lines that are still there."""

    threads: int
    own: int
    lost: list[str]
    kept: list[str]
    quoted: int

    def __str__(self) -> str:
        kept = f"{len(self.kept)} of {self.quoted} quoted lines kept ({len(self.kept) / self.quoted:.1%})"
        return f"{self.threads} threads: {len(self.lost)} of {self.own} lines lost, {kept}"


def _text(letter: Letter, ours: Sequence[str]) -> str:
    return parse(
        letter.raw, gmail_id="1", thread_id="t", label_ids=("INBOX",), internal_date=RECEIVED, our_addresses=(DESK,),
        ours=ours,
    ).text  # fmt: skip


def _measure(count: int, *, known: bool) -> Measured:
    lost, kept, quoted, own = [], [], 0, 0
    for letter in (letter for thread in threads(count) for letter in thread):
        found = _text(letter, letter.ours if known else ())
        where = f"{letter.language} {letter.client}: "
        lost += [where + line for line in letter.own if "".join(line.split()) not in "".join(found.split())]
        mine = {"".join(line.split()) for line in (*letter.own, *letter.ending)}
        kept += [where + line for line in found.split("\n") if line.strip() and "".join(line.split()) not in mine]
        quoted += len(letter.quoted)
        own += len(letter.own)
    return Measured(count, own, lost, kept, quoted)


def _holds(measured: Measured) -> None:
    print(measured)
    assert measured.lost == []
    assert len(measured.kept) <= KEPT_AT_MOST * measured.quoted, measured.kept[:20]


@pytest.mark.parametrize("known", [True, False], ids=["what we sent is known", "by layouts alone"])
def test_words_lost_0_and_quoted_lines_kept_at_most_2_percent(known: bool) -> None:
    _holds(_measure(80, known=known))


@pytest.mark.full
@pytest.mark.parametrize("known", [True, False], ids=["what we sent is known", "by layouts alone"])
def test_300_threads(known: bool) -> None:
    _holds(_measure(300, known=known))
