"""Trains the heads of category and priority: `python -m embeddings.workbench.ticket_labels train`.

The data are messages of 22 trades (`embeddings/data/tickets/messages.jsonl`) and mails with subjects (`mails.jsonl`),
each as it is and dressed as a mail; those that are measured on come from six other trades (`held_out.jsonl`). The
temperature that calibrates a head is fitted on folds that leave whole trades out. Writes `category.npz`, `priority.npz`
and their metrics.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Self

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
from embeddings.workbench.sets.near import without_near

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
_FORMAL_GREETINGS = ("Dear Support,", "Dear Sir or Madam,", "Dear Support Team,", "Good morning,", "Dear all,")
_FORMAL_CLOSINGS = ("With kind regards,", "Kind regards,", "Yours faithfully,", "Best regards,", "Sincerely,")
_SENDERS = ("Henrik Sund\nSund & Sons", "I. Marchetti", "Priya Nair\nOffice manager", "M. Doyle", "The office")
_COURTESIES = ("I hope you are well.", "Could you look into it?", "Please get back to me.", "Thank you in advance.")
app = typer.Typer(add_completion=False, help=__doc__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A labelled message of a trade. Where `subject` is given, `text` is what stands below it."""

    text: str
    category: str
    priority: str
    trade: str
    subject: str = ""

    @property
    def whole(self) -> Self:
        """The message with its subject as the first line of its text, as the product reads a mail."""
        return replace(self, text=f"{self.subject}\n{self.text}", subject="") if self.subject else self


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a head is measured on: vectors (n, d) and the messages that they are of."""

    vectors: Floats
    messages: Sequence[Message]

    @classmethod
    def of(cls, encoder: Encoder, messages: Sequence[Message]) -> Self:
        return cls(vectors=encoder.encode([message.text for message in messages]), messages=messages)

    def figures(self, name: str, head: LinearHead) -> dict[str, Any]:
        right = np.array([head.labels.index(getattr(message, name)) for message in self.messages])
        return (category_figures if name == "category" else priority_figures)(head.probabilities(self.vectors), right)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Vectors (n, d) with label numbers (n,) and the trade of each."""

    vectors: Floats
    labels: np.ndarray
    trades: np.ndarray
    model_id: str = BUILT_IN


@app.callback()
def _commands() -> None:
    """Keep `train` a subcommand: Typer would merge a single command into the program."""


@app.command()
def train(
    out: Annotated[Path, typer.Option(help="The folder of the heads and their metrics.")] = HEADS,
    corrections: Annotated[Path | None, typer.Option(help="Lines that `nightdesk data corrections` wrote.")] = None,
    tickets: Annotated[Path | None, typer.Option(help="Tickets that others labelled, to measure on as well.")] = None,
) -> None:
    """Train, calibrate, measure on other trades, write. Takes about a minute and a half of one core."""
    encoder = Encoder()
    learned, newest = by_time(read_corrections(corrections)) if corrections else ([], [])
    known = [*trained_on(), *learned]
    vectors = encoder.encode([message.text for message in known])
    measured = {name: _Asked.of(encoder, messages) for name, messages in _measured_on(newest, tickets).items()}
    for name, labels in (("category", CATEGORIES), ("priority", PRIORITIES)):
        head, temperature = fit_calibrated(_examples(vectors, known, name, labels), labels, REGULARISATION[name])
        head.save(out / f"{name}.npz")
        figures = {of: asked.figures(name, head) for of, asked in measured.items()}
        report = {
            "note": "six trades that were not trained on; as_mail: the same with subject, greeting and closing; "
            "tickets: labelled by others, but lines were written after a look at what was wrong on them",
            "held_out": figures,
            "messages": {"own": len(read("messages")), "mails": len(read("mails")), "held_out": len(read("held_out"))}
            | ({"corrections": len(learned)} if corrections else {}),
            "temperature": round(temperature, 2),
            "data": "embeddings/data/tickets, ours, Apache-2.0 like the project",
            "encoder": BUILT_IN,
        }
        (out / f"{name}.metrics.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        typer.echo(f"{name} {json.dumps(figures, indent=2)}")


def trained_on() -> list[Message]:
    """Return all that the heads are trained on: messages plain and dressed, mails with and without their subject."""
    plain, mails = read("messages"), read("mails")
    both = [*mails, *(replace(mail, subject="") for mail in mails)]
    letters = [as_letter(mail, seed=seed) for mail in both for seed in (7, 8)]
    return [*plain, *(as_mail(message, seed=7) for message in plain), *(mail.whole for mail in both), *letters]


def read(name: str) -> list[Message]:
    """Read `embeddings/data/tickets/<name>.jsonl`."""
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [Message(**json.loads(line)) for line in lines]


def read_corrections(path: Path) -> list[Message]:
    """Read what `nightdesk data corrections` wrote, the oldest first; English only, as the heads are."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    english = sorted((row for row in rows if row["language"] == "en"), key=lambda row: str(row["date"]))
    return [Message(trade="own", **{name: row[name] for name in ("text", "category", "priority")}) for row in english]


def by_time(messages: Sequence[Message]) -> tuple[list[Message], list[Message]]:
    """Split messages in order of time into those to learn from and the newest fifth to measure on.

    What is nearly one of the newest is not learned from: the figures would be of what was learnt by heart.
    """
    cut = len(messages) - len(messages) // 5
    newest = list(messages[cut:])
    return without_near(messages[:cut], [one.text for one in newest], text=lambda one: one.text), newest


def read_tickets(path: Path) -> list[Message]:
    """Read labelled tickets such as `context/sample-tickets.json`; a WhatsApp message has no subject."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [
        Message(
            text=row["message"],
            category=row["category"],
            priority=row["priority"],
            trade="tickets",
            subject="" if row["channel"] == "whatsapp" else row["subject"],
        ).whole
        for row in rows
    ]


def _measured_on(newest: list[Message], tickets: Path | None) -> dict[str, list[Message]]:
    unseen = read("held_out")
    sets = {"plain": unseen, "as_mail": [as_mail(message, seed=MEASURED) for message in unseen]}
    if tickets is not None:
        sets["tickets"] = read_tickets(tickets)
    return sets | ({"corrections": newest} if newest else {})


def as_mail(message: Message, *, seed: int) -> Message:
    """Return the message with a subject, greeting, courtesy and closing that say nothing of it; the same each time.

    A subject of its own stays.
    """
    rng = random.Random(f"{seed}/{message.text}")  # noqa: S311 - reproducible, not secret
    text = f"{rng.choice(_GREETINGS)} {message.text}"
    if message.subject:
        text = f"{message.subject}\n{text}"
    elif rng.random() < 0.5:
        text = f"{rng.choice(_SUBJECTS)}\n{text}"
    if rng.random() < 0.5:
        text = f"{text} {rng.choice(_COURTESIES)}"
    return replace(message, text=f"{text}\n{rng.choice(_CLOSINGS)}", subject="")


def as_letter(message: Message, *, seed: int) -> Message:
    """Return the message below its own subject, between a formal greeting and a closing; the same each time."""
    rng = random.Random(f"{seed}/{message.text}")  # noqa: S311 - reproducible, not secret
    closing = f"{rng.choice(_FORMAL_CLOSINGS)}\n{rng.choice(_SENDERS)}"
    return replace(message, text=f"{rng.choice(_FORMAL_GREETINGS)}\n\n{message.text}\n\n{closing}").whole


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
        model_id=examples.model_id,
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
        "without_matter_general": round(float((~sure[~matter]).mean()), 3) if not matter.all() else None,
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
