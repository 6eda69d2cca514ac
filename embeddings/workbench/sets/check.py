"""What `nightdesk data check` says of a file: statistics, what is doubtful, and what can't be measured with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import permutations

import numpy as np

from embeddings.workbench.sets.near import near_pairs
from embeddings.workbench.sets.read import DataFile, Example
from embeddings.workbench.sets.retrieval_set import sides
from embeddings.workbench.sets.rows import InvalidDataError

READ_CHARACTERS = 1_000
"""About what 256 tokens of English hold: what stands behind is not read."""
FEW = 5
"""Examples of a label below which neither training nor measuring says much about it."""
SHOWN = 5


class LeakError(InvalidDataError):
    """Texts of the test part stand in the training part too, so that figures would be of what was learnt by heart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """A file in numbers; lengths are characters. `labels`: examples a label, most first.

    `train`, `test`: how the rows are used · `unsaid`: rows without a `split`.
    """

    kind: str
    rows: int
    train: int
    test: int
    unsaid: int
    unanswerable: int
    passages: int
    median_length: int
    p95_length: int
    too_long: int
    repeated: int
    labels: dict[str, int] = field(default_factory=dict)


def checked(data: DataFile) -> Statistics:
    """Return the statistics. Raises InvalidDataError for contradictions, LeakError for test texts in the training."""
    _refuse_contradictions(data)
    refuse_leaks(data.of_split("train"), data.of_split("test"), name=data.name)
    return statistics(data)


def refuse_leaks_between(files: Sequence[DataFile]) -> None:
    """Raise LeakError when a text to measure with in one file is nearly one to train with in another."""
    for measured, trained in permutations(files, 2):
        name = f"{measured.name} (test) beside {trained.name} (train)"
        refuse_leaks(trained.of_split("train"), measured.of_split("test"), name=name)


def statistics(data: DataFile) -> Statistics:
    """Count."""
    lengths = np.array([len(example.text) for example in data.examples])
    labels = Counter(example.label for example in data.examples if example.label)
    parts = sides(data)
    return Statistics(
        kind=data.kind,
        rows=len(data.examples),
        train=len(parts["train"]),
        test=len(parts["test"]),
        unsaid=sum(example.split is None for example in data.examples),
        unanswerable=sum(not example.answers for example in data.examples) if data.kind != "labels" else 0,
        passages=len({answer for example in data.examples for answer in example.answers}),
        median_length=int(np.median(lengths)),
        p95_length=int(np.percentile(lengths, 95)),
        too_long=int((lengths > READ_CHARACTERS).sum()),
        repeated=len(data.examples) - len({(e.text.casefold(), e.answers, e.label) for e in data.examples}),
        labels=dict(labels.most_common()),
    )


def doubts(found: Statistics) -> list[str]:
    """Return what somebody should look at, which keeps nobody from using the file."""
    lines = []
    if found.repeated:
        lines.append(f"{found.repeated} rows repeat another one")
    if found.too_long:
        lines.append(f"{found.too_long} texts are longer than {READ_CHARACTERS:,} characters: their end is not read")
    if few := [label for label, count in found.labels.items() if count < FEW]:
        lines.append(f"{len(few)} labels have fewer than {FEW} examples: {', '.join(few[:SHOWN])}")
    if note := split_note(found):
        lines.append(note)
    return lines


def split_note(found: Statistics) -> str:
    """Say how rows without a `split` are used; "" where each has one."""
    if not found.unsaid:
        return ""
    if found.unsaid < found.rows:
        return f"{found.unsaid} rows have no split: they are neither trained nor measured with"
    alike = found.rows - found.train - found.test
    left_out = f"; {alike:,} left out, nearly the same as one to train with" if alike else ""
    used = f"{found.train:,} are to train with, {found.test:,} to measure with, the same ones each time"
    return f"no row has a split: {used}{left_out}"


def refuse_leaks(train: Sequence[Example], test: Sequence[Example], *, name: str) -> None:
    """Raise LeakError when a text of the test part is nearly one of the training part."""
    pairs = near_pairs([example.text for example in test], [example.text for example in train])
    if pairs:
        shown = "\n".join(
            f"  line {test[one].line} (test) and line {train[other].line} (train): {test[one].text[:80]!r}"
            for one, other in pairs[:SHOWN]
        )
        leaked = len({one for one, _ in pairs})
        raise LeakError(f"{name}: {leaked} of {len(test)} test texts stand in the training part too\n{shown}")


def _refuse_contradictions(data: DataFile) -> None:
    """Raise InvalidDataError when one text has two labels."""
    seen: dict[str, Example] = {}
    lines = []
    for example in data.examples if data.kind == "labels" else ():
        before = seen.setdefault(example.text.casefold(), example)
        if before.label != example.label:
            lines.append(
                f"  line {example.line} says {example.label!r}, line {before.line} {before.label!r} of the same text"
            )
    if lines:
        raise InvalidDataError(f"{data.name}: {len(lines)} texts have two labels\n" + "\n".join(lines[:SHOWN]))
