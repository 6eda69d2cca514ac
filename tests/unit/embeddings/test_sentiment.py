"""G7: the bands of the sentiment score, on messages of different kinds and lengths."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from embeddings.encoder import Encoder
from embeddings.heads import HeadNotUsableError, metrics
from embeddings.sentiment import LABELS, SentimentHead, surface
from embeddings.workbench.sentiment_measure import bands, read_fresh
from tests.fixtures.cpu_time import least_seconds, slowness

ROOT = Path(__file__).parents[3]

FURIOUS = (
    "This is absolutely ridiculous! Your software deleted all my work and nobody is helping me. Worst service ever.",
    "I am extremely frustrated with your service. This is unacceptable!!! I'm cancelling my subscription today.",
    "ur app is garbage, i hate it 😡😡",
    "You are useless idiots. Fix your damn product!",
    "Dear Sirs, I have never been treated with such contempt. You ruined our launch and lied to us. We are leaving.",
    "I am disgusted by the way your company treats its customers.",
)
NEUTRAL = (
    "How do I connect Slack to my project?",
    "The export fails with error 500.",
    "I can't log in.",
    "Our API integration keeps getting 401 errors after we rotated the key yesterday.",
    "Hello, my tasks are not shown on the board since this morning. Could you have a look?",
    "How do I kill a stuck import?",
    "Please terminate the session on my old laptop.",
    "We had a conflict in the Jira sync. Which side wins?",
    "what is the difference between member and guest",
    "URGENT: production is down for us, API gives 503 since 09:12 UTC",
)
ANNOYED = (
    "It's a bit annoying that the export fails every week.",
    "I'm rather disappointed with the new timeline, it is slower than before.",
    "This keeps happening and it's getting frustrating.",
)
POSITIVE = ("Thanks a lot, that did the trick!", "I love the new board view, great work!", "works now, thank you 🎉")


def scores(encoder: Encoder, sentiment: SentimentHead, texts: tuple[str, ...]) -> np.ndarray:
    return sentiment.score(texts, encoder.encode(texts))


def test_g7_fury_is_below_the_threshold_of_escalation(encoder: Encoder, sentiment: SentimentHead) -> None:
    assert (scores(encoder, sentiment, FURIOUS) < 0.3).all()


def test_g7_neutral_text_is_at_least_one_half(encoder: Encoder, sentiment: SentimentHead) -> None:
    assert (scores(encoder, sentiment, NEUTRAL) >= 0.5).all()


def test_g7_annoyance_raises_the_priority_and_hands_nothing_over(encoder: Encoder, sentiment: SentimentHead) -> None:
    found = scores(encoder, sentiment, ANNOYED)
    assert ((found >= 0.3) & (found < 0.5)).all()


def test_g7_praise_is_well_above_neutral(encoder: Encoder, sentiment: SentimentHead) -> None:
    assert (scores(encoder, sentiment, POSITIVE) > 0.7).all()


def test_g7_fury_annoyance_neutral_and_praise_are_in_order(encoder: Encoder, sentiment: SentimentHead) -> None:
    means = [scores(encoder, sentiment, texts).mean() for texts in (FURIOUS, ANNOYED, NEUTRAL, POSITIVE)]
    assert means == sorted(means)


@pytest.mark.parametrize("text", ["", " ", "\n\n", "?", "🎉", "....", "12345", "א", "a" * 10_000])
def test_any_text_has_a_score(encoder: Encoder, sentiment: SentimentHead, text: str) -> None:
    (score,) = scores(encoder, sentiment, (text,))
    assert 0 <= score <= 1


def test_a_text_without_words_is_not_negative(encoder: Encoder, sentiment: SentimentHead) -> None:
    assert (scores(encoder, sentiment, ("", "?", "12345", "ok")) >= 0.5).all()


def test_no_texts_have_no_scores(encoder: Encoder, sentiment: SentimentHead) -> None:
    assert sentiment.score([], encoder.encode([])).shape == (0,)


def test_a_batch_scores_like_one_by_one(encoder: Encoder, sentiment: SentimentHead) -> None:
    texts = FURIOUS + NEUTRAL
    alone = [float(scores(encoder, sentiment, (text,))[0]) for text in texts]
    assert np.allclose(scores(encoder, sentiment, texts), alone, atol=1e-3)


def test_the_longest_message_costs_no_more_than_a_short_page() -> None:
    text = "The export fails and I do not know why, it is bad. " * 200
    assert least_seconds(lambda: surface([text])) < 0.05 * slowness()


def test_sample_tickets_of_another_author(encoder: Encoder, sentiment: SentimentHead) -> None:
    """Fury is found, and no ticket that should be answered is handed over for its mood."""
    tickets = json.loads((ROOT / "context" / "sample-tickets.json").read_text(encoding="utf-8"))
    found = scores(encoder, sentiment, tuple(ticket["message"] for ticket in tickets))
    angry = np.array([ticket["expected"]["reason"] == "negative_sentiment" for ticket in tickets])
    answered = np.array([ticket["expected"]["outcome"] == "answered" for ticket in tickets])
    assert angry.any()
    assert (found[angry] < 0.3).all()
    assert (found[answered] >= 0.3).all()


def test_g7_bands_on_messages_outside_the_training_data(encoder: Encoder, sentiment: SentimentHead) -> None:
    fresh = read_fresh()
    found = scores(encoder, sentiment, tuple(message.text for message in fresh))
    share = bands(found, np.array([LABELS.index(message.label) for message in fresh]))
    assert share["furious"]["handed_over"] >= 0.9 * sum(share["furious"].values())
    assert share["annoyed"]["raised"] >= 0.75 * sum(share["annoyed"].values())
    assert share["neutral"]["calm"] >= 0.95 * sum(share["neutral"].values())
    assert share["neutral"]["handed_over"] == 0


def test_metrics_hold_the_comparison_with_vader() -> None:
    stored = metrics("sentiment")
    assert stored["head"]["auc_furious"] > stored["vader"]["auc_furious"]
    assert stored["head"]["band_accuracy"] > stored["vader"]["band_accuracy"]
    assert stored["head"]["bands"]["neutral"]["handed_over"] <= 2


def test_a_head_of_another_kind_is_refused() -> None:
    with pytest.raises(HeadNotUsableError):
        SentimentHead.load("no-such-file.npz")
