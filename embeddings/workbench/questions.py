"""The labelled questions that retrieval and the relevance gate are measured with."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from embeddings.workbench.families import Split

ROOT = Path(__file__).parents[2]
QUESTIONS = ROOT / "evaluation" / "data" / "kb_questions.jsonl"
DOCUMENT = ROOT / "context" / "product-docs.md"


@cache
def own_names(document: Path = DOCUMENT) -> tuple[str, ...]:
    """Return the names of a document's company, of the company.toml beside it."""
    facts = tomllib.loads((document.parent / "company.toml").read_text(encoding="utf-8"))
    return (*facts.get("also_called", ()), facts["name"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A customer's question; `topic` is the title of the section that answers it, None when none does."""

    id: str
    text: str
    topic: str | None
    split: Split
    style: str


def read_questions(path: Path = QUESTIONS) -> list[Question]:
    """Read one JSON object a line: {id, question, topic, split, style}. Raises ValueError naming a bad line."""
    return [_question(number, line) for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)]


def _question(number: int, line: str) -> Question:
    try:
        row = json.loads(line)
        return Question(
            id=row["id"], text=row["question"], topic=row["topic"], split=row["split"], style=row.get("style", "")
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"line {number} is no labelled question: {error}") from error
