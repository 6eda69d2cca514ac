"""What the product would do with labelled texts at other thresholds."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from deployments.rules.escalation import THRESHOLDS
from deployments.rules.wording import WordReason
from embeddings.encoder import Encoder
from embeddings.escalation import CLASSES, EscalationModel
from embeddings.judge import PassageJudge
from embeddings.relevance import RelevanceGate
from embeddings.vector_model import RELEVANCE
from embeddings.workbench.answers.data import Company, CustomerQuestion
from embeddings.workbench.answers.judge.calibrate import judged_by
from embeddings.workbench.answers.measure import judge
from embeddings.workbench.escalation_data import Example, read_set
from embeddings.workbench.sets.read import DataFile
from embeddings.workbench.sets.rows import InvalidDataError
from embeddings.workbench.thresholds import Fitted, fit
from evaluation.escalation.measure import MEASURED, Policy, Scores, rules_policy, scored
from evaluation.escalation.measure import judge as decided
from serve_app.cli.embeddings.bench import in_service, measured_sections, product_of

GRID = (0.02, *(n / 20 for n in range(1, 20)))


def escalation(data: DataFile, miss_cost: float, false_alarm_cost: float, data_dir: Path | None) -> tuple[Fitted, str]:
    """Fit what a message without a word of a class has to score ("meaning"), with the wording as it is.

    Raises InvalidDataError for other labels, ValueError when every threshold misses a direct request.
    """
    if unknown := sorted({str(e.label) for e in data.examples} - {*CLASSES}):
        raise InvalidDataError(f"{data.name}: the label {unknown[0]!r} is none of {', '.join(CLASSES)}")
    present = product_of(data_dir, needed=False).settings.escalation_thresholds
    today = present.get("meaning", THRESHOLDS[f"{get_args(WordReason)[0]}.meaning"])
    model = EscalationModel.load()
    given = [Example(text=e.text, label=str(e.label), kind="own", family=str(e.line)) for e in data.examples]
    direct = [e for name in MEASURED for e in read_set(name) if e.kind == "direct"]
    scores, direct_scores = scored(model, given), scored(model, direct)

    def counted(threshold: float) -> tuple[int, int, bool]:
        policy = rules_policy({**present, "meaning": threshold})
        judged = decided(given, scores, policy)
        return (
            sum(one.missed for one in judged),
            sum(one.false_alarm for one in judged),
            _all_found(direct, direct_scores, policy),
        )

    fitted = fit(
        "escalation", counted, GRID, today=today, texts=len(given), miss_cost=miss_cost,
        false_alarm_cost=false_alarm_cost,
    )  # fmt: skip
    return fitted, f"ESCALATION_THRESHOLDS = {{ meaning = {fitted.chosen.threshold:g} }}"


def _all_found(direct: list[Example], scores: Scores, policy: Policy) -> bool:
    return not any(one.missed for one in decided(direct, scores, policy))


def relevance(
    file: Path, document: Path | None, miss_cost: float, false_alarm_cost: float, data_dir: Path | None
) -> tuple[Fitted, str]:
    """Fit the share from which the best passage answers: a miss is a right one not given, an alarm a wrong one."""
    product = product_of(data_dir, needed=False)
    given, sections = measured_sections(product, file, document)
    encoder = Encoder(in_service(product), threads=2)
    gate = RelevanceGate.load(encoder.heads / RELEVANCE, own_names=product.own_names)
    questions = tuple(
        CustomerQuestion(text=text, voice="own", author="own", wanted=(places,))
        for text, places in zip(given.queries, given.relevant, strict=True)
    )
    company = Company(name=given.name, sections=tuple(sections), questions=questions)
    judged = judge([company], judged_by(PassageJudge.load(), encoder, gate))

    def counted(threshold: float) -> tuple[int, int, bool]:
        answered = [one.score >= threshold for one in judged]
        misses = sum(one.right and not given for one, given in zip(judged, answered, strict=True))
        alarms = sum(given and not one.right for one, given in zip(judged, answered, strict=True))
        return misses, alarms, True

    fitted = fit(
        "relevance", counted, GRID, today=gate.threshold, texts=len(judged), miss_cost=miss_cost,
        false_alarm_cost=false_alarm_cost,
    )  # fmt: skip
    return fitted, f"RELEVANCE_THRESHOLD = {fitted.chosen.threshold:g}"
