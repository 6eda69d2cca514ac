"""Queries, passages, and which of these answer each: what a search is measured on and an adapter is trained with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from embeddings.chunker import Section
from embeddings.indexer import embedded_text
from embeddings.workbench.sets.near import without_near
from embeddings.workbench.sets.read import DataFile, Example, Split
from embeddings.workbench.sets.rows import InvalidDataError

TEST_SHARE = 0.2
FEWEST = 30
"""Questions with an answer below which nothing can be said of a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalSet:
    """`relevant[i]`: the places of the passages that answer query i, any of which will do; none: unanswerable."""

    name: str
    queries: tuple[str, ...]
    passages: tuple[str, ...]
    relevant: tuple[frozenset[int], ...]
    sha256: str

    @property
    def answerable(self) -> int:
        """How many queries have an answer."""
        return sum(bool(places) for places in self.relevant)

    def require_enough(self) -> None:
        """Raise InvalidDataError when too little can be measured with it."""
        if self.answerable < FEWEST:
            raise InvalidDataError(
                f"{self.name}: {self.answerable} questions with an answer to measure with; at least {FEWEST} are needed"
            )


def sides(data: DataFile) -> dict[Split, list[Example]]:
    """Return the training and the test part: the file's own, else the same fifth each time.

    A text that is nearly one of the training part is left out of a test part that we choose.
    """
    if any(example.split for example in data.examples):
        return {"train": data.of_split("train"), "test": data.of_split("test")}
    drawn = [_place(example.text) < TEST_SHARE for example in data.examples]
    train = [example for example, aside in zip(data.examples, drawn, strict=True) if not aside]
    test = [example for example, aside in zip(data.examples, drawn, strict=True) if aside]
    return {"train": train, "test": without_near(test, [one.text for one in train], text=lambda one: one.text)}


def retrieval_set(
    data: DataFile, split: Split, *, sections: Sequence[Section] = (), own_names: Sequence[str] = ()
) -> RetrievalSet:
    """Make a set of one side of a file.

    Pairs are searched among all passages of the file, questions among `sections`, a labelled text among the training
    texts: one with its label answers. Raises InvalidDataError for a title that no section has.
    """
    parts = sides(data)
    examples = parts[split]
    if data.kind == "labels":
        if split == "train":
            return _set(data, examples, [e.text for e in examples], _others_of_label(examples))
        known = parts["train"]
        return _set(data, examples, [e.text for e in known], _by_label(examples, known))
    if data.kind == "pairs":
        passages = list(dict.fromkeys(answer for example in data.examples for answer in example.answers))
        return _set(data, examples, passages, _by_name(data, examples, {text: {n} for n, text in enumerate(passages)}))
    return _about(data, examples, sections, own_names)


def all_of(data: DataFile, *, sections: Sequence[Section], own_names: Sequence[str] = ()) -> RetrievalSet:
    """Make a set of all questions of a file, whatever side they are on. Raises InvalidDataError as `retrieval_set`."""
    return _about(data, data.examples, sections, own_names)


def _about(
    data: DataFile, examples: Sequence[Example], sections: Sequence[Section], own_names: Sequence[str]
) -> RetrievalSet:
    titles: dict[str, set[int]] = {}
    for place, section in enumerate(sections):
        titles.setdefault(section.title, set()).add(place)
        titles.setdefault(section.slug, set()).add(place)
    texts = [embedded_text(section, own_names) for section in sections]
    return _set(data, examples, texts, _by_name(data, examples, titles))


def _set(
    data: DataFile, examples: Sequence[Example], passages: Sequence[str], relevant: Sequence[frozenset[int]]
) -> RetrievalSet:
    return RetrievalSet(
        name=data.name,
        queries=tuple(example.text for example in examples),
        passages=tuple(passages),
        relevant=tuple(relevant),
        sha256=data.sha256,
    )


def _by_name(data: DataFile, examples: Sequence[Example], places: Mapping[str, set[int]]) -> list[frozenset[int]]:
    for example in examples:
        if lacking := [answer for answer in example.answers if answer not in places]:
            raise InvalidDataError(
                f"{data.name}, line {example.line}: no section is called {lacking[0]!r}; "
                "`nightdesk kb list` shows the titles"
            )
    return [frozenset().union(*(places[answer] for answer in example.answers)) for example in examples]


def _by_label(examples: Sequence[Example], known: Sequence[Example]) -> list[frozenset[int]]:
    places: dict[str | None, list[int]] = {}
    for place, example in enumerate(known):
        places.setdefault(example.label, []).append(place)
    shared = {label: frozenset(own) for label, own in places.items()}
    return [shared.get(example.label, frozenset()) for example in examples]


def _others_of_label(examples: Sequence[Example]) -> list[frozenset[int]]:
    return [places - {place} for place, places in enumerate(_by_label(examples, examples))]


def _place(text: str) -> float:
    """Return where in [0, 1) a text falls, the same each time."""
    return int.from_bytes(hashlib.sha256(text.casefold().encode()).digest()[:4]) / 2**32
