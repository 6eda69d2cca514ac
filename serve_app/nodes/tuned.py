"""What a team has tuned in the store, put over the settings: for commands that decide as the running product does."""

from __future__ import annotations

from pathlib import Path

from db import tuning
from db.pool import Pool, acquire
from db.tuning import Tuning
from deployments.analysis_node import AnalysisNode, shipped_heads
from embeddings.encoder import Encoder
from embeddings.escalation import EscalationModel
from embeddings.sentiment_model import SentimentModel
from embeddings.ticket_labels import UNSURE_BELOW
from embeddings.vector_model import VectorModel
from serve_app.settings.settings import Settings


async def tuned(pool: Pool) -> Tuning:
    """Return what is tuned. Raises DatabaseUnavailableError."""
    async with acquire(pool) as connection:
        return await tuning.in_force(connection)


def tuned_settings(settings: Settings, found: Tuning) -> Settings:
    """Return the settings with the escalation thresholds in force."""
    thresholds = {**settings.escalation_thresholds, **found.escalation}
    return settings.model_copy(update={"escalation_thresholds": thresholds})


def tuned_analysis(
    encoder: Encoder, found: Tuning, models: Path | None, sentiment_model: Path | None = None
) -> AnalysisNode:
    """Return the analysis with the classifiers in force. Raises HeadNotUsableError, and what SentimentModel does."""
    vectors, heads = VectorModel.of(encoder), shipped_heads()
    escalation = tuned_escalation(found, models) if found.escalation_model else heads["escalation"]
    moods = SentimentModel.load(sentiment_model) if sentiment_model else None
    node = AnalysisNode(encoder=encoder, sentiment=vectors.sentiment, labels=vectors.labels, moods=moods, **heads)
    node.put_tuned(escalation, UNSURE_BELOW if found.category is None else found.category)
    return node


def tuned_escalation(found: Tuning, models: Path | None) -> EscalationModel:
    """Return the classifier in force: a team's own, else the one that ships. Raises HeadNotUsableError."""
    kept = found.escalation_model
    return EscalationModel.kept(kept, models) if kept else EscalationModel.load()
