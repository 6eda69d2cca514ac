"""Train and measure escalation: `python -m embeddings.workbench.escalation train|report`.

`train` fits the head on the training families, chooses the thresholds on folds of them, measures on the test families
and on strangers' sentences, and writes `heads/escalation.npz` and `heads/escalation.metrics.json`. `report` measures
the head and the thresholds in force and prints what they get wrong.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.svm import SVC

from deployments.escalation import THRESHOLDS
from embeddings.encoder import Encoder
from embeddings.escalation import CLASSES, EscalationHead, Floats, message_scores, split_for_escalation
from embeddings.heads import HEADS
from embeddings.workbench import escalation_data as data
from embeddings.workbench import escalation_measure as measuring
from embeddings.workbench.escalation_data import Example

SEED = 7
GAMMA = 1.5
PENALTY = 3.0
FOLDS = 5
MISS_COSTS = 5.0
"""A miss costs as much as five false alarms: a refund request or a legal threat that gets a how-to in return is worse
than a person reading five questions that the agent could have answered."""
GRID: Mapping[str, Sequence[float]] = {
    "meaning": [n / 20 for n in range(6, 20)],
    "mention": [n / 20 for n in range(2, 16)],
    "product": [n / 20 for n in range(10, 20)],
}

Labels = NDArray[np.int64]
Scores = list[dict[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Messages with their vectors: (n, d) of the whole texts, and (k, d) of the parts of each."""

    examples: list[Example]
    whole: Floats
    parts: list[Floats]

    @property
    def labels(self) -> Labels:
        """Column numbers of CLASSES."""
        return np.array([CLASSES.index(example.label) for example in self.examples])

    def only(self, rows: NDArray[np.intp]) -> Corpus:
        """The messages of these rows."""
        return Corpus(
            examples=[self.examples[row] for row in rows],
            whole=self.whole[rows],
            parts=[self.parts[row] for row in rows],
        )

    def scores(self, head: EscalationHead) -> Scores:
        """As the analysis node scores: the strongest of the whole text and its parts."""
        return [message_scores(head, whole, parts) for whole, parts in zip(self.whole, self.parts, strict=True)]


def encoded(encoder: Encoder, examples: Sequence[Example]) -> Corpus:
    """Encode whole texts and parts in one batch."""
    texts = [f"{example.subject}\n{example.text}" if example.subject else example.text for example in examples]
    parts = [split_for_escalation(text) for text in texts]
    vectors = encoder.encode([*texts, *(part for group in parts for part in group)])
    ends = np.cumsum([len(group) for group in parts])[:-1]
    return Corpus(examples=list(examples), whole=vectors[: len(texts)], parts=np.split(vectors[len(texts) :], ends))


def training_messages() -> list[Example]:
    """What the head learns from: the training families, dressed up once more, and long mails that ask nothing.

    The encoder reads English. In other languages the words decide, and the head learns only to keep out of it.
    """
    plain = [e for e in data.examples("train", 8) if e.label == "none" or e.kind != "other_language"]
    mails = [mail for mail in data.long_messages("train", SEED, 150) if mail.label == "none"]
    return [*plain, *data.styled(plain, SEED), *mails]


def test_messages() -> list[Example]:
    """Families that the head never saw, the same dressed up, and long mails around them."""
    plain = data.examples("test", 4)
    return [*plain, *data.styled(plain, SEED + 1), *data.long_messages("test", SEED + 1, 40)]


def fit(vectors: Floats, labels: Labels, model_id: str) -> EscalationHead:
    """One support vector machine a class against the rest, over one set of remembered vectors; not yet calibrated."""
    machines = [SVC(C=PENALTY, gamma=GAMMA).fit(vectors, labels == number) for number in range(len(CLASSES))]
    kept = np.unique(np.concatenate([machine.support_ for machine in machines]))
    weights = np.zeros((len(kept), len(CLASSES)), dtype=np.float32)
    for number, machine in enumerate(machines):
        weights[np.searchsorted(kept, machine.support_), number] = machine.dual_coef_[0]
    return EscalationHead(
        support=vectors[kept],
        weights=weights,
        bias=np.array([machine.intercept_[0] for machine in machines], dtype=np.float32),
        gamma=GAMMA,
        scale=np.eye(len(CLASSES), dtype=np.float32),
        shift=np.zeros(len(CLASSES), dtype=np.float32),
        model_id=model_id,
    )


def folded(corpus: Corpus) -> Iterator[tuple[NDArray[np.intp], EscalationHead]]:
    """For each fold its rows, and a head that saw none of their families."""
    families = [example.family for example in corpus.examples]
    splitter = GroupKFold(FOLDS, shuffle=True, random_state=SEED)
    for kept, left_out in splitter.split(corpus.whole, corpus.labels, families):
        yield left_out, fit(corpus.whole[kept], corpus.labels[kept], "")


def choose_thresholds(examples: Sequence[Example], scores: Scores) -> dict[str, float]:
    """The three thresholds of least cost, MISS_COSTS a miss and one a false alarm."""
    best = dict(THRESHOLDS)
    for _ in range(2):
        for name, values in GRID.items():
            trials = [{**best, name: value} for value in values]
            best = min(trials, key=lambda trial: cost(examples, scores, trial))
    return best


def cost(examples: Sequence[Example], scores: Scores, thresholds: Mapping[str, float]) -> float:
    """What these thresholds cost on these messages."""
    judgements = measuring.judge(examples, scores, measuring.rules_way(thresholds))
    return sum(MISS_COSTS * j.missed + j.false_alarm for j in judgements)


def trained(encoder: Encoder) -> tuple[EscalationHead, dict[str, float]]:
    """The head and its thresholds: both calibrated on messages that the folds' heads had not seen."""
    corpus = encoded(encoder, training_messages())
    folds = list(folded(corpus))
    order = np.concatenate([rows for rows, _ in folds])
    sums = np.concatenate([head.sums(corpus.whole[rows]) for rows, head in folds])
    softmax = calibration(sums, corpus.labels[order], folds[0][1].bias)
    unseen = [one for rows, head in folds for one in corpus.only(rows).scores(replace(head, **softmax))]
    thresholds = choose_thresholds(corpus.only(order).examples, unseen)
    return replace(fit(corpus.whole, corpus.labels, encoder.model_id), **softmax), thresholds


def calibration(sums: Floats, labels: Labels, bias: Floats) -> dict[str, Floats]:
    """The softmax over the sums of unseen messages. A text unlike anything (sums at the bias) is to be "none"."""
    strange = np.tile(bias, (len(sums) // 20, 1))
    regression = LogisticRegression(C=1.0, max_iter=2000).fit(
        np.vstack([sums, strange]), np.concatenate([labels, np.zeros(len(strange), dtype=np.int64)])
    )
    return {"scale": regression.coef_.T.astype(np.float32), "shift": regression.intercept_.astype(np.float32)}


def evaluated(
    head: EscalationHead, encoder: Encoder, thresholds: Mapping[str, float]
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Rates by set, way and kind of message; and the wrong decisions of the rules by set."""
    ways = {
        "substring": measuring.substring_baseline,
        "word": measuring.word_baseline,
        "words": measuring.words_way(thresholds),
        "meaning": measuring.meaning_way(thresholds["meaning"]),
        "both": measuring.rules_way(thresholds),
    }
    rates: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    for name, examples in {"test": test_messages(), "stranger": data.strangers()}.items():
        corpus = encoded(encoder, examples)
        scores = corpus.scores(head)
        judged = {way: measuring.judge(examples, scores, decide) for way, decide in ways.items()}
        rates[name] = {way: measuring.measure(judgements) for way, judgements in judged.items()}
        wrong[name] = measuring.misses(judged["both"])
    return rates, wrong


def train() -> None:
    """Fit, choose, measure, write."""
    encoder = Encoder()
    head, thresholds = trained(encoder)
    head.save(HEADS / "escalation.npz")
    rates, _ = evaluated(EscalationHead.load(), encoder, thresholds)
    metrics = {
        "model_id": encoder.model_id,
        "support_vectors": len(head.support),
        "miss_costs": MISS_COSTS,
        "thresholds": thresholds,
        **rates,
    }
    (HEADS / "escalation.metrics.json").write_text(json.dumps(metrics, indent=1) + "\n", encoding="utf-8")
    if thresholds != dict(THRESHOLDS):
        print(f"deployments/escalation.py has other THRESHOLDS: {dict(THRESHOLDS)}; chosen now: {thresholds}")


def report(thresholds: Mapping[str, float]) -> None:
    """Print the tables and the wrong decisions."""
    rates, wrong = evaluated(EscalationHead.load(), Encoder(), thresholds)
    for name, measured in rates.items():
        print(measuring.table(name, measured), *wrong[name], "", sep="\n")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m embeddings.workbench.escalation", description=__doc__)
    parser.add_argument("action", choices=("train", "report"))
    action = parser.parse_args().action
    if action == "train":
        train()
    report(THRESHOLDS)


if __name__ == "__main__":
    main()
