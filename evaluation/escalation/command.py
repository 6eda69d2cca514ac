"""Trains and measures escalation: `python -m evaluation.escalation train|calibrate|report`.

`train` tunes the model on the training families and voices, chooses the thresholds on other messages, measures on a
third set, and writes `heads/escalation.onnx` and `heads/escalation.metrics.json`. `calibrate` does all of
that but the tuning. `report` measures the model and the thresholds in force and prints what they get wrong.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from deployments.rules.escalation import THRESHOLDS
from embeddings.escalation import CLASSES, MODEL, EscalationModel
from embeddings.heads import HEADS
from embeddings.workbench import escalation_data as data
from embeddings.workbench.escalation_data import Example
from embeddings.workbench.escalation_fit import SEED, fit
from embeddings.workbench.served_graph import write
from evaluation.escalation import measure as measuring
from evaluation.escalation.measure import Scores

MISS_COSTS = 5.0
"""A miss costs as much as five false alarms: a refund request or a legal threat that gets a how-to in return is worse
than a person reading five questions that the agent could have answered."""
REQUEST_SHARE = 0.2
"""The share of such requests at a support desk: an assumption, used only to weigh errors."""
ALARMING = ("none/hard", "none/with a trigger", "none/ordinary", "none/mixed")
"""The kinds whose false alarms count; the other ordinary messages are easier and would hide them in the mean."""
LONG_MAILS, LONG_ORDINARY_MAILS = 150, 800
"""Long mails to train with, of each class and without a request, so that length is no sign of one."""
WORTH_A_CHANGE = 0.002
"""Of cost: a false alarm or two, or a missed paraphrase."""
GRID: Mapping[str, Sequence[float]] = {
    "request": [0.0, 0.0005, 0.001],
    "meaning": [0.02, *(n / 20 for n in range(1, 20))],
    "mention": [0.01, 0.02, *(n / 20 for n in range(1, 16))],
    "product": [n / 20 for n in range(8, 20)],
}


def training_messages() -> list[Example]:
    """Return the training data: families, voices and their variations, the manual, long mails, and sentences of "none".

    The encoder reads English. In other languages the wording rules decide, so their requests are left out.
    """
    families = [e for e in data.examples("train", 1) if e.label == "none" or e.kind != "other_language"]
    voices = data.voices()
    mails = data.long_messages([*families, *voices], SEED, LONG_MAILS, ordinary=LONG_ORDINARY_MAILS)
    return [*families, *voices, *data.styled(voices, SEED), *data.manual(), *mails, *data.parts(voices)]


def threshold_messages() -> list[Example]:
    """Return what the thresholds are chosen on: sentences of another author, and families not trained on."""
    return [*data.read_set("thresholds"), *_unseen_families("tune")]


def test_messages() -> list[Example]:
    """Return families that neither the model was trained nor the thresholds chosen on."""
    return _unseen_families("test")


def _unseen_families(split: data.Split) -> list[Example]:
    """Return the families as they are, in variations, and in long mails."""
    plain = data.examples(split, 4)
    mails = data.long_messages(data.examples(split, 2), SEED + 1, 40, ordinary=40)
    return [*plain, *data.styled(plain, SEED + 1), *mails]


def choose_thresholds(examples: Sequence[Example], scores: Scores) -> dict[str, float]:
    """Return the thresholds of least cost, by coordinate descent in two rounds; of equal costs the higher.

    The classes share them, since each alone has too few messages to choose by. They go no further from those in force
    than is worth it: the costs are flat, so that by one message more or less a threshold would jump.
    """
    best = dict(THRESHOLDS)
    for kind in [*GRID, *GRID]:
        costs = {value: round(cost(examples, scores, _with(best, kind, value)), 4) for value in GRID[kind]}
        least, in_force = min(costs.values()), THRESHOLDS[f"refund.{kind}"]
        good = [value for value, own in costs.items() if own < least + WORTH_A_CHANGE]
        nearest = min(good, key=lambda value: abs(value - in_force))
        best = _with(best, kind, max(value for value in good if costs[value] == costs[nearest]))
    return best


def _with(thresholds: Mapping[str, float], kind: str, value: float) -> dict[str, float]:
    return {name: value if name.endswith(f".{kind}") else old for name, old in thresholds.items()}


def cost(examples: Sequence[Example], scores: Scores, thresholds: Mapping[str, float]) -> float:
    """Return the expected cost of a message, in false alarms; the kinds of one side have equal weight.

    A missed direct request costs more than any saving of false alarms.
    """
    rates = measuring.measure(measuring.judge(examples, scores, measuring.rules_policy(thresholds)))
    missed = fmean(1 - rate["recall"] for rate in rates.values() if "recall" in rate)
    missed += sum(1 - rate["recall"] for kind, rate in rates.items() if kind.endswith("/direct"))
    alarmed = fmean(rates[kind]["false_alarms"] for kind in ALARMING if kind in rates)
    return REQUEST_SHARE * MISS_COSTS * missed + (1 - REQUEST_SHARE) * alarmed


def evaluated(model: EscalationModel, thresholds: Mapping[str, float]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return the rates by set, policy and kind of message, and the wrong decisions of the rules by set."""
    policies = {
        "substring": measuring.substring_baseline,
        "word": measuring.word_baseline,
        "words": measuring.wording_policy,
        "meaning": measuring.classifier_policy(thresholds),
        "both": measuring.rules_policy(thresholds),
    }
    rates: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    sets = {"test": test_messages(), **{name: data.read_set(name) for name in measuring.MEASURED}}
    for name, examples in sets.items():
        scores = measuring.scored(model, examples)
        judged = {policy: measuring.judge(examples, scores, decide) for policy, decide in policies.items()}
        rates[name] = {policy: measuring.measure(judgements) for policy, judgements in judged.items()}
        wrong[name] = measuring.misses(judged["both"])
    return rates, wrong


def train() -> None:
    """Tune the model, write it, then `calibrate`."""
    model = fit(training_messages())
    write(model.encoder, MODEL, tail=model.write_tail, metadata={"classes": " ".join(CLASSES)})
    calibrate()


def calibrate() -> None:
    """Choose thresholds for the model in force, measure, write the metrics."""
    model, examples = EscalationModel.load(), threshold_messages()
    thresholds = choose_thresholds(examples, measuring.scored(model, examples))
    rates, _ = evaluated(model, thresholds)
    metrics = {
        "model": measuring.digest(MODEL),
        "miss_costs": MISS_COSTS,
        "request_share": REQUEST_SHARE,
        "thresholds": thresholds,
        **rates,
    }
    (HEADS / "escalation.metrics.json").write_text(json.dumps(metrics, indent=1) + "\n", encoding="utf-8")
    if thresholds != dict(THRESHOLDS):
        print(f"deployments/rules/escalation.py has other THRESHOLDS: {dict(THRESHOLDS)}; chosen now: {thresholds}")


def report() -> None:
    """Print the tables and the wrong decisions."""
    rates, wrong = evaluated(EscalationModel.load(), THRESHOLDS)
    for name, measured in rates.items():
        print(measuring.table(name, measured), *wrong[name], "", sep="\n")


def main() -> None:
    """Run the action named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.escalation", description=__doc__)
    parser.add_argument("action", choices=("train", "calibrate", "report"))
    {"train": train, "calibrate": calibrate, "report": report}[parser.parse_args().action]()
