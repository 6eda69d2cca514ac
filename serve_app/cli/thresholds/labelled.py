"""Mood and category at other thresholds, on labelled texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from db.records import GENERAL
from deployments.agent.language import LanguageDetector
from deployments.rules.escalation import NEGATIVE_BELOW
from embeddings.moods import mood
from embeddings.sentiment import LABELS
from embeddings.sentiment_model import SentimentModel
from embeddings.ticket_labels import CATEGORIES, UNSURE_BELOW
from embeddings.vector_model import VectorModel
from embeddings.workbench.sets.read import DataFile
from embeddings.workbench.sets.rows import InvalidDataError
from embeddings.workbench.thresholds import Counted, Fitted, fit
from serve_app.cli.thresholds.costs import Costs

FURIOUS = LABELS[0]
MOODS = (*LABELS, "other")
FINE = tuple(n / 40 for n in range(1, 40))


def of_mood(
    data: DataFile, model: VectorModel, costs: Costs, today: float | None, own: SentimentModel | None
) -> Fitted:
    """Fit the score below which a message goes to a person: a miss is a furious one that does not.

    A text whose mood is not known goes to nobody at any threshold. `own`: the team's classifier, which reads it in the
    head's place. Raises InvalidDataError for other labels.
    """
    _require(data, MOODS)
    texts = [example.text for example in data.examples]
    counted = counted_moods(known_moods(texts, model, own), [example.label == FURIOUS for example in data.examples])
    return fit("mood", counted, FINE, today=NEGATIVE_BELOW if today is None else today, texts=len(texts), **costs.named)


def known_moods(texts: Sequence[str], model: VectorModel, own: SentimentModel | None) -> list[float | None]:
    """Return the mood that the analysis gives to each text."""
    languages = LanguageDetector()
    spoken = [languages.detect(text) for text in texts]
    found = own.score(texts) if own else model.sentiment.score(texts, model.encoder.encode(texts))
    read = own.labels.languages if own else frozenset({"en"})
    return [
        float(score) if language in read else mood(text, language)
        for text, language, score in zip(texts, spoken, found, strict=True)
    ]


def counted_moods(scores: Sequence[float | None], wanted: Sequence[bool]) -> Counted:
    """Return what counts misses and needless hand-overs of messages with these moods."""

    def counted(threshold: float) -> tuple[int, int, bool]:
        handed = [score is not None and score < threshold for score in scores]
        misses = sum(right and not given for given, right in zip(handed, wanted, strict=True))
        return misses, sum(given and not right for given, right in zip(handed, wanted, strict=True)), True

    return counted


def of_category(data: DataFile, model: VectorModel, costs: Costs, today: float | None) -> Fitted:
    """Fit the probability from which a category is given: a miss stays at "general", a false alarm is a wrong one.

    The heads know English; a text in another language has no category at any threshold, and is left out.
    Raises InvalidDataError for other labels.
    """
    _require(data, CATEGORIES)
    languages = LanguageDetector()
    given = [example for example in data.examples if languages.detect(example.text) == "en"]
    if not given:
        raise InvalidDataError(f"{data.name}: no text is English, and the category of others is not read")
    found = model.labels.category.probabilities(model.encoder.encode([example.text for example in given]))
    best, sure = [CATEGORIES[place] for place in found.argmax(axis=1)], found.max(axis=1)
    wanted = [str(example.label) for example in given]
    right = np.array([one == other for one, other in zip(best, wanted, strict=True)])
    named = np.array([one != GENERAL for one in best])
    known = np.array([one != GENERAL for one in wanted])

    def counted(threshold: float) -> tuple[int, int, bool]:
        told = named & (sure >= threshold)
        return int((known & ~told).sum()), int((told & ~right).sum()), True

    before = UNSURE_BELOW if today is None else today
    return fit("category", counted, FINE, today=before, texts=len(given), **costs.named)


def _require(data: DataFile, labels: Sequence[str]) -> None:
    if data.kind != "labels":
        raise InvalidDataError(f"{data.name}: expected text and label")
    if unknown := sorted({str(example.label) for example in data.examples} - {*labels}):
        raise InvalidDataError(f"{data.name}: the label {unknown[0]!r} is none of {', '.join(labels)}")
