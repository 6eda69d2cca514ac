"""Trains the heads of category and priority: `python -m embeddings.workbench.ticket_labels train`.

The data are messages of fifteen trades (`embeddings/data/tickets/messages.jsonl`), each as it is and dressed as a mail;
those that are measured on come from six other trades (`held_out.jsonl`). The temperature that calibrates a head
is fitted on folds that leave whole trades out. Writes `category.npz`, `priority.npz` and their metrics.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold

from db.records import GENERAL
from embeddings.arrays import Floats
from embeddings.encoder import BUILT_IN, Encoder
from embeddings.heads import HEADS, LinearHead
from embeddings.ticket_labels import CATEGORIES, PRIORITIES, UNSURE_BELOW, medians

DATA = Path(__file__).parents[1] / "data" / "tickets"
REGULARISATION = {"category": 2.0, "priority": 16.0}
MEASURED = 11
"""The seed of the mails that are measured on."""
TEMPERATURES = np.arange(0.3, 3.0, 0.05)
_SUBJECTS = ("Question", "Request", "Please help", "Your service", "A matter", "Customer 20417")
_GREETINGS = ("Hi,", "Hello,", "Dear Sir or Madam,", "Good morning,", "hey there", "Hello team,", "Dear all,")
_CLOSINGS = (
    "Thanks",
    "Regards, Anna",
    "Best wishes\nTom Berger",
    "Yours sincerely\nO. Kim\nBright & Co",
    "Cheers",
    "LG",
)
_COURTESIES = ("I hope you are well.", "Could you look into it?", "Please get back to me.", "Thank you in advance.")
app = typer.Typer(add_completion=False, help=__doc__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A labelled message of a trade."""

    text: str
    category: str
    priority: str
    trade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Vectors (n, d) with label numbers (n,) and the trade of each."""

    vectors: Floats
    labels: np.ndarray
    trades: np.ndarray


@app.callback()
def _commands() -> None:
    """Keep `train` a subcommand: Typer would merge a single command into the program."""


@app.command()
def train(out: Annotated[Path, typer.Option(help="The folder of the heads and their metrics.")] = HEADS) -> None:
    """Train, calibrate, measure on other trades, write. Takes about a minute and a half of one core."""
    encoder = Encoder()
    known, unseen = read("messages"), read("held_out")
    dressed = [as_mail(message, seed=7) for message in known]
    vectors = encoder.encode([message.text for message in (*known, *dressed)])
    asked = {
        "plain": encoder.encode([message.text for message in unseen]),
        "as_mail": encoder.encode([as_mail(message, seed=MEASURED).text for message in unseen]),
    }
    for name, labels in (("category", CATEGORIES), ("priority", PRIORITIES)):
        examples = _examples(vectors, [*known, *dressed], name, labels)
        head, temperature = fit_calibrated(examples, labels, REGULARISATION[name])
        head.save(out / f"{name}.npz")
        right = np.array([labels.index(getattr(message, name)) for message in unseen])
        figures = {
            form: (category_figures if name == "category" else priority_figures)(head.probabilities(found), right)
            for form, found in asked.items()
        }
        report = {
            "note": "six trades that were not trained on; as_mail: the same with subject, greeting and closing",
            "held_out": figures,
            "messages": {"own": len(known), "held_out": len(unseen)},
            "temperature": round(temperature, 2),
            "data": "embeddings/data/tickets, ours, Apache-2.0 like the project",
            "encoder": BUILT_IN,
        }
        (out / f"{name}.metrics.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        typer.echo(f"{name} {json.dumps(figures, indent=2)}")


def read(name: str) -> list[Message]:
    """Read `embeddings/data/tickets/<name>.jsonl`."""
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [Message(**json.loads(line)) for line in lines]


def as_mail(message: Message, *, seed: int) -> Message:
    """Return the message with a subject, greeting, courtesy and closing that say nothing of it; the same each time."""
    rng = random.Random(f"{seed}/{message.text}")  # noqa: S311 - reproducible, not secret
    text = f"{rng.choice(_GREETINGS)} {message.text}"
    if rng.random() < 0.5:
        text = f"{rng.choice(_SUBJECTS)}\n{text}"
    if rng.random() < 0.5:
        text = f"{text} {rng.choice(_COURTESIES)}"
    return replace(message, text=f"{text}\n{rng.choice(_CLOSINGS)}")


def fit_calibrated(examples: Examples, labels: Sequence[str], regularisation: float) -> tuple[LinearHead, float]:
    """Fit a head whose probabilities are calibrated across trades; return it with its temperature.

    The temperature is that with the least log loss on folds whose trades were left out, folded into the weights.
    """
    logits = np.empty((len(examples.labels), len(labels)), dtype=np.float32)
    for rows, left_out in GroupKFold(n_splits=5).split(examples.vectors, examples.labels, examples.trades):
        model = _fit(examples, rows, regularisation)
        logits[left_out] = model.decision_function(examples.vectors[left_out])
    temperature = float(min(TEMPERATURES, key=lambda t: _log_loss(logits / t, examples.labels)))
    model = _fit(examples, np.arange(len(examples.labels)), regularisation)
    head = LinearHead(
        weights=np.asarray(model.coef_.T / temperature, dtype=np.float32),
        bias=np.asarray(model.intercept_ / temperature, dtype=np.float32),
        labels=tuple(labels),
        link="softmax",
        model_id=BUILT_IN,
    )
    return head, temperature


def category_figures(probabilities: Floats, right: np.ndarray) -> dict[str, Any]:
    """Measure categories. Unsure messages count as wrong in `accuracy`, and are left out of `accuracy_of_sure`.

    The figures are of messages with a matter; of those without, `without_matter_general` is the share labelled so.
    """
    general = CATEGORIES.index(GENERAL)
    best = probabilities.argmax(axis=1)
    sure = (probabilities.max(axis=1) >= UNSURE_BELOW) & (best != general)
    matter = right != general
    given, truth = np.where(sure, best, general)[matter], right[matter]
    named = [place for place in range(len(CATEGORIES)) if place != general]
    return {
        "accuracy": round(float((given == truth).mean()), 3),
        "accuracy_of_sure": round(float((given == truth)[given != general].mean()), 3),
        "macro_f1": round(float(f1_score(truth, given, labels=named, average="macro")), 3),
        "unsure": round(float((given == general).mean()), 3),
        "without_matter_general": round(float((~sure[~matter]).mean()), 3),
    }


def priority_figures(probabilities: Floats, right: np.ndarray) -> dict[str, Any]:
    """Measure priorities; `urgent` is high or critical."""
    given, high = medians(probabilities), PRIORITIES.index("high")
    urgent, called = right >= high, given >= high
    return {
        "accuracy": round(float((given == right).mean()), 3),
        "macro_f1": round(float(f1_score(right, given, average="macro")), 3),
        "urgent_found": round(float(called[urgent].mean()), 3),
        "urgent_rightly": round(float(urgent[called].mean()), 3),
    }


def _examples(vectors: Floats, messages: Sequence[Message], name: str, labels: Sequence[str]) -> Examples:
    return Examples(
        vectors=vectors,
        labels=np.array([labels.index(getattr(message, name)) for message in messages]),
        trades=np.array([message.trade for message in messages]),
    )


def _fit(examples: Examples, rows: np.ndarray, regularisation: float) -> LogisticRegression:
    model = LogisticRegression(C=regularisation, max_iter=2000)
    model.fit(examples.vectors[rows], examples.labels[rows])
    return model


def _log_loss(logits: Floats, labels: np.ndarray) -> float:
    shifted = logits - logits.max(axis=1, keepdims=True)
    chosen = shifted[np.arange(len(labels)), labels] - np.log(np.exp(shifted).sum(axis=1))
    return float(-chosen.mean())


if __name__ == "__main__":
    app()
