"""What the product would do at other thresholds: the one place that knows what each of them is, and how it is set."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import get_args

from db.staff.outcomes import Decided
from db.tuning import Tuning
from deployments.rules.escalation import THRESHOLDS
from deployments.rules.wording import WordReason
from embeddings.encoder import Encoder
from embeddings.escalation import CLASSES, EscalationModel
from embeddings.judge import PassageJudge
from embeddings.relevance import RelevanceGate
from embeddings.sentiment_model import SentimentModel
from embeddings.vector_model import RELEVANCE, VectorModel
from embeddings.workbench.answers.data import Company, CustomerQuestion
from embeddings.workbench.answers.judge.calibrate import judged_by
from embeddings.workbench.answers.measure import judge
from embeddings.workbench.escalation_data import Example
from embeddings.workbench.sets.read import DataFile
from embeddings.workbench.sets.rows import InvalidDataError
from embeddings.workbench.thresholds import Fitted, fit
from evaluation.escalation.direct import DirectRequests
from evaluation.escalation.measure import judge as decided
from evaluation.escalation.measure import rules_policy, scored
from serve_app.cli.embeddings.bench import Product, in_service, measured_sections
from serve_app.cli.thresholds import labelled, outcomes
from serve_app.cli.thresholds.costs import Costs
from serve_app.nodes.tuned import tuned_escalation

GRID = (0.02, *(n / 20 for n in range(1, 20)))


@dataclass(frozen=True, kw_only=True)
class Deciders:
    """A product and what is tuned in it."""

    product: Product
    tuned: Tuning
    costs: Costs

    def escalation(self, data: DataFile) -> Fitted:
        """Fit what a message without a word of a class has to score ("meaning"), with the wording as it is.

        Raises InvalidDataError for other labels, ValueError when every threshold misses a direct request.
        """
        if unknown := sorted({str(e.label) for e in data.examples} - {*CLASSES}):
            raise InvalidDataError(f"{data.name}: the label {unknown[0]!r} is none of {', '.join(CLASSES)}")
        given = [Example(text=e.text, label=str(e.label), kind="own", family=str(e.line)) for e in data.examples]
        scores = scored(self._classifier, given)

        def counted(threshold: float) -> tuple[int, int, bool]:
            judged = decided(given, scores, rules_policy(self._with_meaning(threshold)))
            return (
                sum(one.missed for one in judged),
                sum(one.false_alarm for one in judged),
                not self._direct.missed(self._with_meaning(threshold)),
            )

        return fit("escalation", counted, GRID, today=self._meaning, texts=len(given), **self.costs.named)

    def escalation_outcomes(self, found: list[Decided]) -> Fitted:
        """The same from what became of the desk's decisions."""
        grid = sorted({*GRID, self._meaning})
        allowed = [t for t in grid if not self._direct.missed(self._with_meaning(t))]
        return outcomes.of_meaning(found, self.costs, self._meaning, allowed, GRID)

    def mood(self, data: DataFile) -> Fitted:
        """Fit the score below which a message goes to a person."""
        folder = self.product.settings.sentiment_model
        own = SentimentModel.load(folder) if folder else None
        return labelled.of_mood(data, VectorModel.load(self._encoder), self.costs, self.tuned.mood, own)

    def mood_outcomes(self, found: list[Decided]) -> Fitted:
        """The same from what became of the desk's decisions."""
        return outcomes.of_mood(found, self.costs, self.tuned.mood)

    def category(self, data: DataFile) -> Fitted:
        """Fit the probability from which a category is given."""
        return labelled.of_category(data, VectorModel.load(self._encoder), self.costs, self.tuned.category)

    def relevance(self, file: Path, document: Path | None) -> Fitted:
        """Fit the share from which the best passage answers: a miss is a right one not given, an alarm a wrong one."""
        given, sections = measured_sections(self.product, file, document)
        encoder, gate = Encoder(self._encoder, threads=2), self._gate
        questions = tuple(
            CustomerQuestion(text=text, voice="own", author="own", wanted=(places,))
            for text, places in zip(given.queries, given.relevant, strict=True)
        )
        company = Company(name=given.name, sections=tuple(sections), questions=questions)
        judged = judge([company], judged_by(PassageJudge.load(), encoder, gate))

        def counted(threshold: float) -> tuple[int, int, bool]:
            answered = [one.score >= threshold for one in judged]
            misses = sum(one.right and not given for one, given in zip(judged, answered, strict=True))
            return misses, sum(given and not one.right for one, given in zip(judged, answered, strict=True)), True

        return fit("relevance", counted, GRID, today=self._share, texts=len(judged), **self.costs.named)

    def relevance_outcomes(self, found: list[Decided]) -> Fitted:
        """The same from what became of the desk's decisions."""
        return outcomes.of_relevance(found, self.costs, self._share, GRID)

    @cached_property
    def _classifier(self) -> EscalationModel:
        return tuned_escalation(self.tuned, self.product.models)

    @cached_property
    def _direct(self) -> DirectRequests:
        return DirectRequests(self._classifier)

    @cached_property
    def _encoder(self) -> str:
        return in_service(self.product)

    @cached_property
    def _gate(self) -> RelevanceGate:
        return RelevanceGate.load(Encoder(self._encoder).heads / RELEVANCE, own_names=self.product.own_names)

    @property
    def _share(self) -> float:
        return self.tuned.relevance.get(self._gate.model_id, self._gate.threshold)

    @property
    def _thresholds(self) -> dict[str, float]:
        return {**self.product.settings.escalation_thresholds, **self.tuned.escalation}

    @property
    def _meaning(self) -> float:
        return self._thresholds.get("meaning", THRESHOLDS[f"{get_args(WordReason)[0]}.meaning"])

    def _with_meaning(self, threshold: float) -> dict[str, float]:
        return {**self._thresholds, "meaning": threshold}
