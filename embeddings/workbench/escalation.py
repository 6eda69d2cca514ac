"""Train and measure escalation: `python -m embeddings.workbench.escalation train|report`.

`train` fits the head on the training families, chooses the thresholds on folds of them, measures on the test families
and on strangers' sentences, and writes `heads/escalation.npz` and `heads/escalation.metrics.json`. `report` measures
the head and the thresholds in force and prints what they get wrong.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

from deployments.escalation import THRESHOLDS
from embeddings.encoder import Encoder
from embeddings.escalation import EscalationHead
from embeddings.heads import HEADS
from embeddings.workbench import escalation_data as data
from embeddings.workbench import escalation_measure as measuring
from embeddings.workbench.escalation_corpus import Scores, encoded
from embeddings.workbench.escalation_data import Example
from embeddings.workbench.escalation_fit import SEED, trained
from embeddings.workbench.escalation_measure import Judgement

MISS_COSTS = 5.0
"""A miss costs as much as five false alarms: a refund request or a legal threat that gets a how-to in return is worse
than a person reading five questions that the agent could have answered."""
REQUEST_SHARE = 0.2
"""How many of the messages of a support desk are such requests: an assumption, used only to weigh errors."""
ALARMING = ("none/hard", "none/with a trigger", "none/ordinary", "none/mixed")
"""The ordinary messages whose false alarms count: the rest is easier, and would hide what happens to these."""
GRID: Mapping[str, Sequence[float]] = {
    "meaning": [n / 20 for n in range(3, 20)],
    "mention": [n / 20 for n in range(1, 16)],
    "product": [n / 20 for n in range(8, 20)],
}


def training_messages() -> list[Example]:
    """What the head learns from: the training families, dressed up once more, the manual, long mails that ask nothing.

    The encoder reads English. In other languages the words decide, and the head learns only to keep out of it.
    """
    families = [e for e in data.examples("train", 4) if e.label == "none" or e.kind != "other_language"]
    trades = [e for e in data.strangers("trades") if e.label == "none" or e.kind != "mixed"]
    plain = [*families, *trades]
    mails = [mail for mail in data.long_messages("train", SEED, 150) if mail.label == "none"]
    return [*plain, *data.styled(plain, SEED), *data.manual(), *mails]


def mails_with_requests() -> list[Example]:
    """Long mails around training messages, to choose thresholds with: the head is not fitted to them."""
    return [mail for mail in data.long_messages("train", SEED + 2, 150) if mail.label != "none"]


def test_messages() -> list[Example]:
    """Families that the head never saw, the same dressed up, and long mails around them."""
    plain = data.examples("test", 4)
    return [*plain, *data.styled(plain, SEED + 1), *data.long_messages("test", SEED + 1, 40)]


def choose_thresholds(examples: Sequence[Example], scores: Scores) -> dict[str, float]:
    """The thresholds of least cost, one after the other, twice around; equal costs take the higher."""
    best = dict(THRESHOLDS)
    for name in [*best, *best]:
        judged = measuring.judge(examples, scores, measuring.rules_way(best))
        costs = {value: cost(_rejudged(judged, scores, best, name, value)) for value in GRID[name.rpartition(".")[2]]}
        best[name] = min(reversed(costs), key=costs.__getitem__)
    return best


def _rejudged(
    judged: Sequence[Judgement], scores: Scores, thresholds: Mapping[str, float], name: str, value: float
) -> list[Judgement]:
    """What another value of one threshold makes of the messages: only scores between old and new can turn."""
    decide = measuring.rules_way({**thresholds, name: value})
    low, high = sorted((thresholds[name], value))
    return [
        replace(one, reason=decide(one.example, own)) if low <= own[name.partition(".")[0]] < high else one
        for one, own in zip(judged, scores, strict=True)
    ]


def cost(judged: Sequence[Judgement]) -> float:
    """What these decisions cost a message, in false alarms; each kind of message counts alike on its side."""
    rates = measuring.measure(judged)
    missed = fmean(1 - rate["recall"] for rate in rates.values() if "recall" in rate)
    alarmed = fmean(rates[kind]["false_alarms"] for kind in ALARMING if kind in rates)
    return REQUEST_SHARE * MISS_COSTS * missed + (1 - REQUEST_SHARE) * alarmed


def evaluated(
    head: EscalationHead, encoder: Encoder, thresholds: Mapping[str, float]
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Rates by set, way and kind of message; and the wrong decisions of the rules by set."""
    ways = {
        "substring": measuring.substring_baseline,
        "word": measuring.word_baseline,
        "words": measuring.words_way(thresholds),
        "meaning": measuring.meaning_way(thresholds),
        "both": measuring.rules_way(thresholds),
    }
    rates: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    sets = {"test": test_messages(), "stranger": data.strangers(), "unseen": data.strangers("unseen")}
    for name, examples in sets.items():
        scores = encoded(encoder, examples).scores(head)
        judged = {way: measuring.judge(examples, scores, decide) for way, decide in ways.items()}
        rates[name] = {way: measuring.measure(judgements) for way, judgements in judged.items()}
        wrong[name] = measuring.misses(judged["both"])
    return rates, wrong


def train() -> None:
    """Fit, choose, measure, write."""
    encoder = Encoder()
    corpus, mails = (encoded(encoder, messages) for messages in (training_messages(), mails_with_requests()))
    head, examples, unseen = trained(corpus, mails, encoder.model_id)
    thresholds = choose_thresholds(examples, unseen)
    head.save(HEADS / "escalation.npz")
    rates, _ = evaluated(EscalationHead.load(), encoder, thresholds)
    metrics = {
        "model_id": encoder.model_id,
        "support_vectors": len(head.support),
        "miss_costs": MISS_COSTS,
        "request_share": REQUEST_SHARE,
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
