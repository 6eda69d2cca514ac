"""Reads labelled data from JSONL, CSV and Parquet, and says of each line that can't be used what is wrong with it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal, get_args

from embeddings.workbench.sets.rows import InvalidDataError, rows

Kind = Literal["pairs", "questions", "labels"]
"""Questions with the passage that answers each, or the titles of the sections that do; texts with labels."""
Split = Literal["train", "test"]
LONGEST = 8_000
"""Characters of a text; the product reads no more of a message either."""
MOST_PROBLEMS = 20
NAMES: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "question", "q", "query"),
    "passage": ("passage", "passage_text", "positive"),
    "answers": ("answers", "topic", "section"),
    "label": ("label", "intent", "category"),
    "split": ("split",),
    "kind": ("kind",),
}
"""The columns, and what else they may be called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with a line."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text with what is known of it. `answers`: a passage or titles, none where the text has no answer.

    `kind` is what the file says of it beside its label, "" where it says nothing.
    """

    line: int
    text: str
    answers: tuple[str, ...] = ()
    label: str | None = None
    split: Split | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """The examples of a file, all of one kind; `sha256` is the file's."""

    name: str
    kind: Kind
    sha256: str
    examples: tuple[Example, ...]

    def of_split(self, split: Split) -> list[Example]:
        """Return the examples that the file itself puts on one side."""
        return [example for example in self.examples if example.split == split]


def read_data(path: Path) -> DataFile:
    """Read a file. Raises InvalidDataError, which lists the first MOST_PROBLEMS lines that can't be used."""
    given = rows(path)
    first = next(given, None)
    if first is None:
        raise InvalidDataError(f"{path}: has no rows")
    kind = _kind(path, *first)
    problems: list[Problem] = []
    examples = []
    for line, row in chain([first], given):
        if isinstance(row, str):
            problems.append(Problem(line=line, text=row))
            continue
        found = _example(line, row, kind)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            examples.append(found)
    if problems:
        raise InvalidDataError(_listed(path, problems))
    return DataFile(name=path.name, kind=kind, sha256=digest(path), examples=tuple(examples))


def digest(path: Path) -> str:
    """Return a file's SHA-256 in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _listed(path: Path, problems: list[Problem]) -> str:
    lines = "\n".join(f"  {problem}" for problem in problems[:MOST_PROBLEMS])
    more = f"\n  and {len(problems) - MOST_PROBLEMS} more" if len(problems) > MOST_PROBLEMS else ""
    return f"{path}: {len(problems)} line{'s' if len(problems) > 1 else ''} can't be used\n{lines}{more}"


def _kind(path: Path, line: int, row: dict[str, Any] | str) -> Kind:
    """Say by the columns of a file's first row what it holds."""
    columns = list(row) if isinstance(row, dict) else []
    if isinstance(row, str):
        raise InvalidDataError(f"{path}: line {line}: {row}")
    if _column(row, "text") is not None:
        for name, kind in (("passage", "pairs"), ("answers", "questions"), ("label", "labels")):
            if _column(row, name) is not None:
                return _as_kind(kind)
    raise InvalidDataError(
        f"{path}: the columns are {', '.join(map(repr, columns)) or 'none'}; expected question and passage, "
        "or question and answers (titles of sections), or text and label; and split (train, test) if it has one"
    )


def _as_kind(name: str) -> Kind:
    assert name in get_args(Kind)
    return name  # type: ignore[return-value]


def _column(row: Mapping[str, Any], name: str) -> str | None:
    return next((given for given in NAMES[name] if given in row), None)


def _value(row: Mapping[str, Any], name: str) -> Any:
    column = _column(row, name)
    return row[column] if column else None


def _example(line: int, row: dict[str, Any], kind: Kind) -> Example | Problem:
    text, split = _value(row, "text"), _value(row, "split") or None
    if isinstance(text, int | float):
        text = str(text)  # a CSV's text of digits, as Parquet has it
    if problem := _text_problem("the text", text):
        return Problem(line=line, text=problem)
    if split not in (None, *get_args(Split)):
        return Problem(line=line, text=f"split is {split!r}; expected train or test")
    given: dict[str, Any] = {"line": line, "text": text.strip(), "split": split}
    if kind == "labels":
        label = _value(row, "label")
        label = "" if label is None else str(label).strip()
        if problem := _text_problem("the label", label):
            return Problem(line=line, text=problem)
        return Example(**given, label=label, kind=str(_value(row, "kind") or "").strip())
    answers = _answers(_value(row, "passage" if kind == "pairs" else "answers"))
    if answers is None:
        return Problem(line=line, text="the answer is neither text nor a list of texts")
    if problem := next((found for one in answers if (found := _text_problem("an answer", one))), ""):
        return Problem(line=line, text=problem)
    return Example(**given, answers=answers)


def _answers(value: Any) -> tuple[str, ...] | None:
    """Return the passages or titles that answer, none for an empty value; None for what is no text."""
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        return (value.strip(),)
    if isinstance(value, list):
        found: list[str] = []
        for one in value:
            inner = _answers(one)
            if inner is None:
                return None
            found += inner
        return tuple(dict.fromkeys(found))
    return None


def _text_problem(what: str, text: Any) -> str:
    if not isinstance(text, str):
        return f"{what} is missing" if text is None else f"{what} is {type(text).__name__}, not text"
    if not text.strip():
        return f"{what} is empty"
    if len(text) > LONGEST:
        return f"{what} has {len(text):,} characters; at most {LONGEST:,} are read"
    return f"{what} holds a NUL character" if "\x00" in text else ""
