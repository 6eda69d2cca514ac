"""What customers of several companies are told: right, wrong, asked which they mean, handed over (E1, G8).

The companies of HELD_OUT are not in any training, but thresholds were chosen on them; the example company's second set
of questions was written by an author who had read its documents alone, and nothing was chosen on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from embeddings.encoder import Encoder
from embeddings.judge import PassageJudge
from embeddings.relevance import RelevanceGate
from embeddings.workbench.answers.baselines import WORDS, baselines
from embeddings.workbench.answers.data import HELD_OUT, Company, blind_company, example_company, load_companies
from embeddings.workbench.answers.judge.calibrate import judged_by
from embeddings.workbench.answers.measure import Judged, Outcomes, by_voice, judge, outcome, outcomes, recall
from evaluation.quality.report import Figure, Group

BLIND = "Answers, example company, blind"
FLOORS: Mapping[str, float] = {"right or rightly asked": 0.72}
CEILINGS: Mapping[str, float] = {"told something wrong": 0.075, "unanswerable answered": 0.075}
"""What was measured when the thresholds were chosen, and somewhat more; CI holds them."""


def tested() -> dict[str, list[Company]]:
    """Return what is measured, by the name of its group."""
    return {
        "Answers, three companies": load_companies(names=HELD_OUT),
        "Answers, example company": [example_company()],
        BLIND: [blind_company()],
    }


def measure(encoder: Encoder, tested: Mapping[str, Sequence[Company]]) -> list[Group]:
    """Measure judge and gate on these companies, by the name of their group."""
    gate = RelevanceGate.load()
    scorer = judged_by(PassageJudge.load(), encoder, gate)
    return [_group(name, companies, judge(companies, scorer), gate, encoder) for name, companies in tested.items()]


def _group(
    name: str, companies: Sequence[Company], judged: Sequence[Judged], gate: RelevanceGate, encoder: Encoder
) -> Group:
    found = outcomes(judged, gate.threshold, gate.ask_from)
    first = Figure(
        name="answering passage first",
        measured=recall(judged)["all"]["@1"],
        of=found.questions,
        beside=_first(companies, encoder),
    )
    became = [(outcome(one, gate.threshold, gate.ask_from), one.question.text) for one in judged]
    misses = tuple(f"{what}: {text!r}" for what, text in became if what in ("wrong", "asked in vain"))
    return Group(name=name, figures=(*_figures(found), first), misses=misses, note=_voices(judged, gate))


def _figures(found: Outcomes) -> tuple[Figure, ...]:
    shares = {
        "right": found.right,
        "rightly asked which": found.asked_rightly,
        "right or rightly asked": found.right + found.asked_rightly,
        "told something wrong": found.wrong,
        "asked in vain": found.asked_in_vain,
        "unanswerable answered": found.answered_unanswerable,
    }
    return tuple(
        Figure(
            name=name,
            measured=share,
            of=found.questions,
            at_least=FLOORS.get(name),
            at_most=CEILINGS.get(name),
            blocking=name in FLOORS or name in CEILINGS,
        )
        for name, share in shares.items()
    )


def _first(companies: Sequence[Company], encoder: Encoder) -> dict[str, float]:
    """Return how often BM25, and the encoder alone, put a section first that answers."""
    ways = baselines(encoder)
    beside = {WORDS: ways[WORDS], "encoder": ways[encoder.model_id]}
    return {name: recall(judge(companies, scorer))["all"]["@1"] for name, scorer in beside.items()}


def _voices(judged: Sequence[Judged], gate: RelevanceGate) -> str:
    counts = by_voice(judged, gate.threshold, gate.ask_from)
    lines = (f"{voice}: {', '.join(f'{n} {what}' for what, n in sorted(own.items()))}" for voice, own in counts.items())
    return "; ".join(lines)
