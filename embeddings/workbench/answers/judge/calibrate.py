"""Chooses the gate's thresholds on companies that the judge was not trained on, and measures both together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from embeddings.arrays import Floats
from embeddings.encoder import Encoder
from embeddings.indexer import embedded_text
from embeddings.judge import CANDIDATES, PassageJudge, passage_text
from embeddings.relevance import RelevanceGate
from embeddings.workbench.answers.data import Company
from embeddings.workbench.answers.measure import Costs, Judged, Scorer, cheapest_thresholds, judge, outcomes, recall

PRODUCTS = Path(__file__).parents[3] / "data" / "relevance" / "products.txt"
WRONG_COSTS = 2.0
"""Hand-overs that a wrong answer costs, for the thresholds that ship: see README.md beside the data."""
COSTS = (1.0, 2.0, 4.0, 8.0)


def products() -> tuple[str, ...]:
    """Return the other makers' products that the gate knows."""
    lines = PRODUCTS.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def judged_by(passage_judge: PassageJudge, encoder: Encoder, gate: RelevanceGate) -> Scorer:
    """Return the judge's shares of each question's nearest passages, 0 for the others."""

    def shares(company: Company) -> Floats:
        texts = [passage_text(section.title, section.content) for section in company.sections]
        own = gate.over(texts)
        vectors = encoder.encode([embedded_text(section) for section in company.sections])
        found = np.zeros((len(company.questions), len(texts)), dtype=np.float32)
        for row, question in enumerate(company.questions):
            prepared = own.prepare(question.text)
            cosines = vectors @ encoder.encode([prepared])[0]
            near = [int(place) for place in np.argsort(-cosines)[:CANDIDATES]]
            judgement = passage_judge.judge(
                prepared, [texts[place] for place in near], [float(cosines[place]) for place in near]
            )
            found[row, near] = judgement.shares
        return found

    return shares


def calibrated(
    gate: RelevanceGate, scorer: Scorer, companies: Sequence[Company], tests: Sequence[Company]
) -> tuple[RelevanceGate, dict[str, Any]]:
    """Return the gate with the thresholds that are cheapest on `companies`, and the figures there and on each test."""
    held_out = judge(companies, scorer)
    threshold, ask_from = cheapest_thresholds(held_out, Costs(wrong=WRONG_COSTS))
    chosen = replace(gate, threshold=threshold, ask_from=ask_from)
    return chosen, {
        "threshold": threshold,
        "ask_from": ask_from,
        "costs": asdict(Costs(wrong=WRONG_COSTS)),
        "held_out_companies": _figures(held_out, threshold, ask_from),
        **{test.name: _figures(judge([test], scorer), threshold, ask_from) for test in tests},
        "by_cost": {str(cost): _figures(held_out, *cheapest_thresholds(held_out, Costs(wrong=cost))) for cost in COSTS},
        "data": "embeddings/data/answers, evaluation/data/kb_questions.jsonl (ours, Apache-2.0 like the project)",
        "encoder": gate.model_id,
    }


def _figures(judged: Sequence[Judged], threshold: float, ask_from: float) -> dict[str, Any]:
    found = {name: round(value, 4) for name, value in asdict(outcomes(judged, threshold, ask_from)).items()}
    return found | {"ask_from": ask_from, "recall": recall(judged)["all"]}
