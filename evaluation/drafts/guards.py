"""Measures what the checks of the agent's texts pass and remove, in seconds, without network or model.

`measure_guard` runs the check of outgoing texts (G6) on forbidden and ordinary drafts, `measure_grounding` the check
against passages (G10) on true and false sentences. Forbidden parts of the drafts stand in ⟦ ⟧; the split `held_out` was
written after the checks were tuned on the rest.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from db.records import Passage
from deployments.agent.checks.grounding import keep_supported
from deployments.agent.checks.guardrails import Guard
from deployments.agent.models.extract import SHAPES, Source, compose
from deployments.rules.company_file import read_company
from deployments.rules.formatting import plain, sentences
from embeddings.chunker import Section, parse_docs
from evaluation.drafts.altered_drafts import restated, wrong
from evaluation.drafts.passages import passage_of

DATA = Path(__file__).parents[1] / "data"
BY_RULE = "by_rule"
"""The split of drafts that are made from the documentation, not written by a person."""

_FORBIDDEN = re.compile(r"⟦(.*?)⟧", re.DOTALL)
_CUSTOMER = ("Anna Lindgren", "Anna", "Lindgren")
_NEIGHBOURS = 4
"""Further passages given with the one a draft is about, so that there are as many as a search returns."""
_FOUND = 0.7
"""A score that passes the relevance gate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """`right` of `total` drafts or sentences of one kind came out as they should."""

    split: str
    kind: str
    total: int
    right: int

    @property
    def share(self) -> float:
        """The share of right ones, in [0, 1]."""
        return self.right / self.total


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A wrong one: `found` is what was left of the draft, or why it was refused."""

    split: str
    kind: str
    id: str
    text: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One measure: its name, the tallies by split and kind, and each miss."""

    name: str
    tallies: tuple[Tally, ...]
    misses: tuple[Miss, ...]

    def of(self, split: str | None = None) -> Tally:
        """Return the sum over the kinds of one split, or of all."""
        chosen = [tally for tally in self.tallies if split in (None, tally.split)]
        return Tally(
            split=split or "all",
            kind="all",
            total=sum(tally.total for tally in chosen),
            right=sum(tally.right for tally in chosen),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the measure for a JSON report."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    split: str
    kind: str
    id: str
    text: str
    right: bool
    found: str


def measure_guard(docs: Path) -> tuple[Measured, Measured]:
    """Return (forbidden drafts that did not leak, ordinary drafts that were not blocked), by class.

    `docs` is the knowledge base's Markdown file. Raises OSError when it or the data can't be read.
    """
    library = _Library.read(docs)
    return _measured("forbidden drafts stopped", _forbidden(library)), _measured(
        "ordinary drafts passed", _ordinary(library)
    )


def measure_grounding(docs: Path) -> tuple[Measured, Measured]:
    """Return (unsupported sentences removed, supported sentences kept), by kind. Raises as `measure_guard`."""
    cases = list(_sentences(_Library.read(docs)))
    return _measured("unsupported sentences removed", (case for wanted, case in cases if not wanted)), _measured(
        "supported sentences kept", (case for wanted, case in cases if wanted)
    )


def drafts(name: str) -> list[dict[str, Any]]:
    """Return the rows of a data file: bad_drafts, benign_drafts or grounding_drafts."""
    with (DATA / f"{name}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def unmarked(draft: str) -> str:
    """Return a draft as a model would write it, without the marks around what is forbidden."""
    return draft.replace("⟦", "").replace("⟧", "")


def leaked(draft: str, text: str) -> list[str]:
    """Return the sentences of `text` that do not stand in the harmless part of a marked draft."""
    harmless = " ".join(plain(_FORBIDDEN.sub(" ", draft)).split())
    return [s.strip() for s in sentences(text) if s.strip() and " ".join(s.split()) not in harmless]


@dataclass(frozen=True, slots=True)
class _Library:
    sections: Sequence[Section]
    near: Mapping[str, Sequence[Passage]]
    guard: Guard
    own_names: tuple[str, ...]

    @classmethod
    def read(cls, docs: Path) -> _Library:
        sections = parse_docs(docs.read_text(encoding="utf-8"))
        shelves: dict[str, list[Passage]] = defaultdict(list)
        for section in sections:
            shelves[section.category].append(passage_of(section, score=_FOUND))
        near = {
            passage.slug: [shelf[(at + step) % len(shelf)] for step in range(min(_NEIGHBOURS + 1, len(shelf)))]
            for shelf in shelves.values()
            for at, passage in enumerate(shelf)
        }
        company = read_company(docs.parent)
        return cls(sections, near, Guard(company), company.own_names)


def _forbidden(library: _Library) -> Iterator[_Case]:
    for row in drafts("bad_drafts"):
        review = library.guard.review(unmarked(row["draft"]), library.near[row["about"]], _CUSTOMER)
        rest = [] if review.problem else leaked(row["draft"], review.text)
        yield _Case(
            split=row["split"],
            kind=row["class"],
            id=row["id"],
            text=row["draft"],
            right=not rest,
            found=" ".join(rest),
        )


def _ordinary(library: _Library) -> Iterator[_Case]:
    written = [(row["split"], "written", row["id"], row["about"], row["draft"]) for row in drafts("benign_drafts")]
    for split, kind, name, about, text in [*written, *_composed(library)]:
        review = library.guard.review(text, library.near[about], _CUSTOMER)
        yield _Case(
            split=split, kind=kind, id=name, text=text, right=review.problem is None, found=review.problem or ""
        )


def _composed(library: _Library) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield what the embedded model answers to the title of each passage, in each tone."""
    for section in library.sections:
        source = Source(title=section.title, text=section.content)
        for tone, shape in SHAPES.items():
            text = "\n\n".join(filter(None, (compose(section.title, source, shape), shape.closing)))
            yield BY_RULE, tone, f"{section.slug}:{tone}", section.slug, text


def _sentences(library: _Library) -> Iterator[tuple[bool, _Case]]:
    for row in drafts("grounding_drafts"):
        draft = " ".join(sentence["text"] for sentence in row["sentences"])
        kept = " ".join(keep_supported(draft, library.near[row["about"]], own_names=library.own_names)[0].split())
        for sentence in row["sentences"]:
            yield _compared(row["split"], "written", row["id"], sentence["text"], kept, wanted=sentence["supported"])
    for made in (*wrong(library.sections), *restated(library.sections)):
        kept = " ".join(keep_supported(made.text, library.near[made.slug], own_names=library.own_names)[0].split())
        yield _compared(BY_RULE, made.kind, made.slug, " ".join(plain(made.text).split()), kept, wanted=made.supported)


def _compared(split: str, kind: str, name: str, text: str, kept: str, *, wanted: bool) -> tuple[bool, _Case]:
    case = _Case(split=split, kind=kind, id=name, text=text, right=(text in kept) == wanted, found=kept)
    return wanted, case


def _measured(name: str, cases: Iterable[_Case]) -> Measured:
    totals: Counter[tuple[str, str]] = Counter()
    right: Counter[tuple[str, str]] = Counter()
    misses = []
    for case in cases:
        totals[case.split, case.kind] += 1
        right[case.split, case.kind] += case.right
        if not case.right:
            misses.append(Miss(split=case.split, kind=case.kind, id=case.id, text=case.text, found=case.found))
    tallies = tuple(
        Tally(split=split, kind=kind, total=total, right=right[split, kind])
        for (split, kind), total in sorted(totals.items())
    )
    return Measured(name=name, tallies=tallies, misses=tuple(misses))
