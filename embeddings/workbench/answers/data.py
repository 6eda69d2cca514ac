"""Companies of many trades with their help documents and their customers' questions (embeddings/data/answers).

What answering is trained and measured on. The example company in `context/` is no part of it: it is a test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from embeddings.chunker import Section, parse_docs
from embeddings.workbench.questions import DOCUMENT, QUESTIONS, read_questions

DATA = Path(__file__).parents[2] / "data" / "answers"
BLIND = QUESTIONS.with_name("blind_questions.jsonl")
HELD_OUT = ("energy", "insurance", "streaming")
"""Companies that no model is trained on: thresholds are chosen on them."""
FIRST_TWELVE = (
    *("airline", "bank", "charity", "city", "clinic", "game", "landlord", "machines", "school", "shop", "software"),
    "telecom",
)
"""With their first two files the judge that ships, and the threshold of learned answers, were made of these."""
FIRST_FILES = ("questions", "questions_b")
ANSWERABLE = ("plain", "colloquial", "symptom", "typos", "story", "several", "neighbour")
UNANSWERABLE = ("near_miss", "off_topic", "unknown")
"""The voices; README.md beside the data says what each is."""


class InvalidQuestionError(ValueError):
    """A line of a questions file can't be used; the message names the file and the line. Nothing was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerQuestion:
    """A customer's message. `wanted` has a set for each thing asked: the sections, any of which answers it.

    Sections are indices into `Company.sections`. An empty set: the documents don't answer that thing.
    """

    text: str
    voice: str
    author: str
    wanted: tuple[frozenset[int], ...]

    @property
    def answers(self) -> frozenset[int]:
        """The sections that answer at least one thing asked; empty for an unanswerable question."""
        return frozenset().union(*self.wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A company's sections in the order of its document, and the questions of all authors."""

    name: str
    sections: tuple[Section, ...]
    questions: tuple[CustomerQuestion, ...]


def load_companies(folder: Path = DATA, names: Sequence[str] | None = None) -> list[Company]:
    """Read all companies of a folder, or those named (none, if none are), in the order of their names.

    Raises InvalidQuestionError, and InvalidDocumentError for a document that can't become sections.
    """
    found = sorted(path.parent for path in folder.glob("*/docs.md") if names is None or path.parent.name in names)
    return [_company(path) for path in found]


def example_company() -> Company:
    """Return the example company with its own test questions: measured on, never trained on."""
    sections = tuple(parse_docs(DOCUMENT.read_text(encoding="utf-8"), DOCUMENT.name))
    rows = _rows(sections)
    questions = [
        CustomerQuestion(
            text=question.text,
            voice=question.style,
            author=QUESTIONS.stem,
            wanted=(frozenset(rows[question.topic]) if question.topic else frozenset(),),
        )
        for question in read_questions()
        if question.split == "test"
    ]
    return Company(name="example", sections=sections, questions=tuple(questions))


def blind_company() -> Company:
    """Return the example company with questions by an author who had read its documents alone: measured on once."""
    sections = tuple(parse_docs(DOCUMENT.read_text(encoding="utf-8"), DOCUMENT.name))
    return Company(name="blind", sections=sections, questions=tuple(_questions(BLIND, _rows(sections))))


def _company(folder: Path) -> Company:
    sections = tuple(parse_docs((folder / "docs.md").read_text(encoding="utf-8"), f"{folder.name}/docs.md"))
    rows = _rows(sections)
    questions = [one for path in sorted(folder.glob("questions*.jsonl")) for one in _questions(path, rows)]
    return Company(name=folder.name, sections=sections, questions=tuple(questions))


def _rows(sections: Sequence[Section]) -> dict[str, set[int]]:
    """Return the rows of each title's sections."""
    rows: dict[str, set[int]] = {}
    for row, section in enumerate(sections):
        rows.setdefault(section.title, set()).add(row)
    return rows


def _questions(path: Path, rows: dict[str, set[int]]) -> Iterator[CustomerQuestion]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            given = json.loads(line)
            wanted = tuple(frozenset[int]().union(*(rows[title] for title in titles)) for titles in given["answers"])
            yield CustomerQuestion(text=given["q"], voice=given["voice"], author=path.stem, wanted=wanted)
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidQuestionError(f"{path.parent.name}/{path.name}, line {number}: {error}") from error
