"""How well an encoder's cosine tells what a knowledge base says already from what it lacks, and from which one on.

Of each company of embeddings/data/answers a question with the whole text of its section, or with half of it, stands
for a person's answer. It is known while the section is there, and new when that section is taken away. People word
their answers otherwise than the documents, so they are known less often than here; what is new is lost as rarely.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sentencex import segment

from embeddings.arrays import Floats
from embeddings.encoder import Encoder
from embeddings.indexer import embedded_text
from embeddings.judge import passage_text
from embeddings.workbench.answers.data import Company

QUESTIONS = 60
"""Of each company."""
VOICES = ("plain", "colloquial", "symptom", "typos")
MOST_LOST = 0.01
"""Share of what a knowledge base lacks that may be taken for known: it never becomes a candidate."""
TRIED = tuple(round(0.40 + 0.01 * step, 2) for step in range(60))
SEED = 1
STORED = "same.json"
"""In the folder of a model that was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosines:
    """The nearest section's cosine of each answer: whole ones, halves, and any with their section taken away."""

    whole: Floats
    half: Floats
    new: Floats


def measured(companies: Sequence[Company], encoder: Encoder) -> Cosines:
    """Encode and compare."""
    found = [_of_company(company, encoder) for company in companies]
    return Cosines(
        whole=np.concatenate([one.whole for one in found]),
        half=np.concatenate([one.half for one in found]),
        new=np.concatenate([one.new for one in found]),
    )


def same_from(new: Floats) -> float:
    """Return the least cosine that at most MOST_LOST of the new answers reach, in steps of 0.01."""
    return next((least for least in TRIED if float((new >= least).mean()) <= MOST_LOST), 1.0)


def write(value: float, folder: Path) -> None:
    """Keep a model's value in its folder."""
    (folder / STORED).write_text(json.dumps({"same_from": value}) + "\n", encoding="utf-8")


def stored(folder: Path) -> float | None:
    """Return the value of a model's folder; None where it was not measured."""
    path = folder / STORED
    return float(json.loads(path.read_text(encoding="utf-8"))["same_from"]) if path.is_file() else None


def _of_company(company: Company, encoder: Encoder) -> Cosines:
    asked = [one for one in company.questions if one.voice in VOICES and len(one.answers) == 1]
    chosen = random.Random(SEED).sample(asked, min(QUESTIONS, len(asked)))  # noqa: S311 - a repeatable draw
    own = np.repeat([next(iter(one.answers)) for one in chosen], 3)
    texts = [
        passage_text(one.text[:150], answer)
        for one in chosen
        for answer in _answers(company.sections[next(iter(one.answers))].content)
    ]
    sections = encoder.encode([embedded_text(section) for section in company.sections])
    cosines = encoder.encode(texts) @ sections.T
    known = cosines.max(axis=1)
    cosines[np.arange(len(own)), own] = -1.0
    whole = np.arange(len(own)) % 3 == 0
    return Cosines(whole=known[whole], half=known[~whole], new=cosines.max(axis=1))


def _answers(content: str) -> Iterator[str]:
    """Yield the whole text and its two halves."""
    lines = [line.strip() for line in segment("en", " ".join(content.split())) if line.strip()]
    middle = max(1, (len(lines) + 1) // 2)
    yield content
    yield " ".join(lines[:middle])
    yield " ".join(lines[-middle:])
