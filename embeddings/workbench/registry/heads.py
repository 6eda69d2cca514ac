"""Trains what reads a model's vectors (mood, category, priority, relevance), and measures it on texts held out.

Escalation and judge are encoders of their own and stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.encoder import Encoder
from embeddings.judge import PassageJudge
from embeddings.relevance import RelevanceGate
from embeddings.sentiment import ESCALATE_BELOW, RAISE_BELOW, SentimentHead
from embeddings.ticket_labels import CATEGORIES, PRIORITIES, UNSURE_BELOW, medians
from embeddings.vector_model import RELEVANCE, SENTIMENT, VectorModel
from embeddings.workbench import sameness
from embeddings.workbench import sentiment as moods
from embeddings.workbench import ticket_labels as tickets
from embeddings.workbench.answers.data import HELD_OUT, Company, example_company, load_companies
from embeddings.workbench.answers.judge.calibrate import WRONG_COSTS, judged_by, products
from embeddings.workbench.answers.measure import Costs, Judged, cheapest_thresholds, judge, outcome
from embeddings.workbench.sentiment_measure import messages, neutral_questions, read_fresh

Numbers = NDArray[np.float64]
Told = Callable[[str], None]
Corrections = Sequence[tickets.Message]
COSTS = Costs(wrong=WRONG_COSTS)


def train_heads(
    encoder: Encoder,
    folder: Path,
    *,
    every: int = 1,
    corrections: Corrections = (),
    told: Told = lambda _what: None,
) -> None:
    """Train on one of `every` of our texts and write the heads into a model's folder: two minutes of one processor.

    `corrections`: tickets as a desk's staff labelled them, the oldest first; category and priority learn from all but
    the newest fifth and what is nearly in it.
    """
    told("mood")
    _train_mood(encoder, folder, every)
    learned, newest = tickets.by_time(corrections)
    told(f"category and priority{_from_desk(len(learned), len(corrections) - len(learned) - len(newest))}")
    _train_labels(encoder, folder, every, learned)
    told("relevance")
    calibrate_relevance(encoder, folder, every=every)
    told("when two texts say the same")
    _measure_sameness(encoder, folder, every)


def head_figures(model: VectorModel, *, every: int = 1, corrections: Corrections = ()) -> dict[str, Numbers]:
    """Return for each head what it makes of one of `every` texts that it has not seen, the more the better.

    mood, category, priority: 1 where right, else 0 · relevance: minus the cost in hand-overs. The newest fifth of the
    `corrections` are among the texts.
    """
    gate = RelevanceGate.load(model.encoder.heads / RELEVANCE)
    judged = judge([_thinned(example_company(), every)], judged_by(PassageJudge.load(), model.encoder, gate))
    return {
        "mood": _mood(model, every),
        **_labels(model, every, tickets.by_time(corrections)[1]),
        "relevance": -np.array([_cost(one, gate) for one in judged]),
    }


def _from_desk(learned: int, left_out: int) -> str:
    """Say how many corrections are learned from, and how many are not, being nearly among the newest."""
    alike = f" ({left_out} left out: nearly the same are measured with)" if left_out else ""
    return f", with {learned} corrections of the desk's{alike}" if learned or left_out else ""


def _train_mood(encoder: Encoder, folder: Path, every: int) -> None:
    texts = [text for text in (*messages(), *neutral_questions()) if text.split == "train"][::every]
    known = moods.examples(encoder, texts)
    anchors = moods.calibrate(known.labels, moods.out_of_fold_moods(known))
    head = SentimentHead(head=moods.fit(known), centres=moods.CENTRES, anchors=anchors)
    moods.save(head, folder / SENTIMENT)


def _train_labels(encoder: Encoder, folder: Path, every: int, learned: Corrections) -> None:
    known = [*tickets.trained_on()[::every], *learned]
    vectors = encoder.encode([message.text for message in known])
    for name, labels in (("category", CATEGORIES), ("priority", PRIORITIES)):
        examples = tickets.Examples(
            vectors=vectors,
            labels=np.array([list(labels).index(getattr(message, name)) for message in known]),
            trades=np.array([message.trade for message in known]),
            model_id=encoder.model_id,
        )
        head, _ = tickets.fit_calibrated(examples, labels, tickets.REGULARISATION[name])
        head.save(folder / f"{name}.npz")


def calibrate_relevance(encoder: Encoder, folder: Path, *, every: int = 1) -> None:
    """Choose from which share on a passage answers where this encoder searches, and write it into a model's folder."""
    gate = replace(RelevanceGate.load(), model_id=encoder.model_id, products=products())
    judged = judge(_held_out(every), judged_by(PassageJudge.load(), encoder, gate))
    threshold, ask_from = cheapest_thresholds(judged, COSTS)
    stored = replace(gate, threshold=threshold, ask_from=ask_from).as_json()
    (folder / RELEVANCE).write_text(json.dumps(stored, ensure_ascii=False) + "\n", encoding="utf-8")


def _measure_sameness(encoder: Encoder, folder: Path, every: int) -> None:
    sameness.write(sameness.same_from(sameness.measured(_held_out(every), encoder).new), folder)


def _held_out(every: int) -> list[Company]:
    return [_thinned(company, every) for company in load_companies(names=HELD_OUT)]


def _thinned(company: Company, every: int) -> Company:
    return replace(company, questions=company.questions[::every])


def _mood(model: VectorModel, every: int) -> Numbers:
    texts = [*(text for text in messages() if text.split == "test"), *read_fresh()][::every]
    asked = moods.examples(model.encoder, texts)
    scores = model.sentiment.calibrated(model.sentiment.mean_mood(asked.features))
    bands = np.digitize(scores, [ESCALATE_BELOW, RAISE_BELOW])
    return np.asarray(bands == np.minimum(asked.labels, 2), dtype=np.float64)


def _labels(model: VectorModel, every: int, newest: Corrections) -> dict[str, Numbers]:
    unseen = tickets.read("held_out")[::every]
    mails = [tickets.as_mail(message, seed=tickets.MEASURED) for message in unseen]
    asked = [*unseen, *mails, *newest]
    vectors = model.encoder.encode([message.text for message in asked])
    found = model.labels.category.probabilities(vectors)
    sure = np.where(found.max(axis=1) >= UNSURE_BELOW, found.argmax(axis=1), CATEGORIES.index("general"))
    given = {"category": sure, "priority": medians(model.labels.priority.probabilities(vectors))}
    names: dict[str, Sequence[str]] = {"category": CATEGORIES, "priority": PRIORITIES}
    return {
        name: (places == [list(names[name]).index(getattr(message, name)) for message in asked]).astype(np.float64)
        for name, places in given.items()
    }


def _cost(one: Judged, gate: RelevanceGate) -> float:
    prices = {
        "right": 0.0,
        "wrong": COSTS.wrong,
        "asked rightly": COSTS.asked_rightly,
        "asked in vain": COSTS.asked_in_vain,
        "handed over": 1.0,
    }
    return prices[outcome(one, gate.threshold, gate.ask_from)]
