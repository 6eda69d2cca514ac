"""Which texts of a turn are analysed, and the sentiment that follows from their scores."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, linear_regression

from db.records import Analysis, Turn
from db.turns.end_turn import TurnSentiment
from deployments.channels.traits import TRAITS


def texts_of(turn: Turn) -> list[str]:
    """Return what to analyse: the turn as a whole first, then each of its messages where there are several.

    The subject is part of what the customer said when the turn opens the conversation, and only then.
    """
    first = TRAITS[turn.channel].has_subject and not turn.earlier
    subject = turn.ticket.subject.strip() if first else ""
    whole = f"{subject}\n{turn.text}" if subject else turn.text
    return [whole] if len(turn.waiting) == 1 else [whole, *(message.content for message in turn.waiting)]


def sentiment_of(turn: Turn, analyses: Sequence[Analysis]) -> TurnSentiment:
    """Return the score of each waiting message, and with those before them the conversation's mean and trend.

    The trend is the slope of a straight line through the scores: what a message changes on average, below 0 when the
    customer gets angrier, 0 with a single message. Unknown scores count in neither; without a known one both are None.
    """
    own = tuple(analysis.sentiment for analysis in (analyses if len(turn.waiting) == 1 else analyses[1:]))
    scores = (*turn.sentiments, *(score for score in own if score is not None))
    if not scores:
        return TurnSentiment(messages=own, score=None, trend=None)
    slope = linear_regression(range(len(scores)), scores).slope if len(scores) > 1 else 0.0
    return TurnSentiment(messages=own, score=fmean(scores), trend=slope)


def unknown_sentiment(turn: Turn) -> TurnSentiment:
    """Return the sentiment of a turn whose analysis failed: no scores, and the mean of the conversation so far."""
    score = fmean(turn.sentiments) if turn.sentiments else None
    return TurnSentiment(messages=(None,) * len(turn.waiting), score=score, trend=None)
