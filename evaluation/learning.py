"""How well a cosine tells what a knowledge base says already from what it lacks: `python -m evaluation.learning`.

Of each company of embeddings/data/answers a question with the whole text of its section, or with half of it, stands
for a person's answer. It is known while the section is there, and new when that section is taken away. People word
their answers otherwise than the documents, so they are known less often than here; what is new is lost as rarely.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from deployments.learning.finder import SAME
from deployments.rules.formatting import sentences
from embeddings.arrays import Floats
from embeddings.encoder import Encoder
from embeddings.indexer import embedded_text
from embeddings.judge import passage_text
from embeddings.workbench.answers.data import FIRST_TWELVE, HELD_OUT, Company, load_companies

QUESTIONS = 60
"""Of each company."""
VOICES = ("plain", "colloquial", "symptom", "typos")
TRIED = (0.66, 0.70, 0.72, SAME, 0.76, 0.80)
SEED = 1


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


def _of_company(company: Company, encoder: Encoder) -> Cosines:
    asked = [one for one in company.questions if one.voice in VOICES and len(one.answers) == 1]
    chosen = random.Random(SEED).sample(asked, min(QUESTIONS, len(asked)))
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
    lines = [line.strip() for line in sentences(" ".join(content.split())) if line.strip()]
    middle = max(1, (len(lines) + 1) // 2)
    yield content
    yield " ".join(lines[:middle])
    yield " ".join(lines[-middle:])


def main() -> None:
    """Print a table for the companies that the threshold was chosen on, and for those that it was not."""
    encoder = Encoder()
    for name, names in (("chosen on", FIRST_TWELVE), ("held out", HELD_OUT)):
        found = measured(some := load_companies(names=names), encoder)
        print(f"{name}: {len(some)} companies, {len(found.whole)} questions")
        for least in TRIED:
            shares = [float((cosines >= least).mean()) for cosines in (found.whole, found.half, found.new)]
            print(
                f"  {least:.2f}  known {shares[0]:.3f} whole, {shares[1]:.3f} half; new taken for known {shares[2]:.4f}"
            )


if __name__ == "__main__":
    main()
