"""Decisions before the model: hand-overs by rule, sentiment or language, and replies to messages without a question."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from deployments.agent import asking_back, notices
from deployments.agent.run_context import Review, RunContext
from deployments.rules import choices
from deployments.rules.escalation import EscalationRules

_THANKS_EMOJI = "👍🙏❤😊🙂💯👌😀😃🎉"
_GREETING = r"hi|hello|hey|hiya|good (?:morning|afternoon|evening)|dear|there|team|support|all|everyone"
_THANKS = r"(?:many )?thank(?:s|z)?(?: you| u)?(?: so much| very much| a lot| again)?|thx|ty|cheers"
_DONE = (
    r"ok(?:ay)?|great|perfect|super|awesome|brilliant|cool|nice|got it|alright|wonderful|lovely|all good"
    r"|(?:that|it|this) (?:worked|works|helped|helps|did it|solved it)(?: now| perfectly)?"
)
_FILLER = (
    r"for (?:your|the) (?:quick |fast |kind )?(?:help|answer|reply|support)|yes|now|bye|guys|mate|in advance"
    r"|have a (?:nice|good|great) (?:day|weekend|evening)|you too"
)
_PIECE = rf"(?:{_THANKS}|{_DONE}|{_FILLER}|{_GREETING})"
_COURTESY = re.compile(rf"{_PIECE}(?: {_PIECE})*", re.IGNORECASE)
_MEANS_THANKS = re.compile(rf"\b(?:{_THANKS}|{_DONE})\b", re.IGNORECASE)


def decide(context: RunContext, *, rules: EscalationRules, languages: Collection[str] | None) -> None:
    """Finish the run if no model is needed, otherwise leave the context as it is.

    `languages` are those that the model answers in, None for any. A choice among what we have asked about says nothing
    else. Otherwise the escalation rules come first, then the sentiment where it is known, then the language: fury in a
    language that the agent can't answer in is a hand-over for fury.
    """
    if kind := _courtesy(context):
        context.answer(Review(text=notices.courtesy(context, kind)), rule=f"courtesy:{kind}")
    elif not any(c.isalnum() for c in context.text):  # no text to classify
        context.answer(Review(text=notices.question_back(context)), rule="question:no_text")
    elif _chose(context) or _escalated(context, rules):
        return
    elif languages is not None and context.language not in languages:
        context.escalate("unsupported_language", rule=f"language:{context.language}")


def hand_over(context: RunContext, *, rules: EscalationRules) -> None:
    """Finish the run with a hand-over, because the agent is switched off (AGENT_MODE).

    The reason is that of the rules, so that the hand-over reaches the right queue; human_request if none applies.
    """
    if not _escalated(context, rules):
        context.escalate("human_request", rule="mode:off")


def for_a_person(context: RunContext, *, languages: Collection[str] | None, answers: bool) -> None:
    """Finish the run where no draft can be made for a person: the agent is off, there is no text, or none in this
    language could be checked. Topics that people have to answer are no hindrance: a person reads the draft."""
    if not answers:
        context.escalate("human_request", rule="mode:off")
    elif not any(c.isalnum() for c in context.text):
        context.escalate("no_kb_match", rule="draft:no_text")
    elif languages is not None and context.language not in languages:
        context.escalate("unsupported_language", rule=f"language:{context.language}")


def _escalated(context: RunContext, rules: EscalationRules) -> bool:
    """Escalate by the rules or by sentiment; return whether one of them applied."""
    decision = rules.decide(text=context.turn.text, subject=context.subject, class_scores=context.analysis.escalation)
    context.scores.update({f"escalation.{name}": round(score, 4) for name, score in decision.scores.items()})
    context.scores.update({f"escalation.{name}.threshold": value for name, value in decision.thresholds.items()})
    if context.analysis.sentiment is not None:
        context.scores["sentiment.threshold"] = rules.negative_below
    if decision.reason is not None:
        evidence = f" ({decision.evidence})" if decision.evidence else ""
        context.escalate(decision.reason, rule=f"{decision.signal}:{decision.reason}{evidence}")
    elif rules.is_negative(context.analysis.sentiment):
        context.escalate("negative_sentiment", rule="sentiment:below_threshold")
    return context.finished


def _chose(context: RunContext) -> bool:
    """Take the customer's choice when we have asked which passage they mean; return whether they chose."""
    choice = choices.chosen(context.text, asking_back.open_choices(context.turn.earlier))
    if choice == choices.OTHER:
        context.escalate("no_kb_match", rule="question:none_of_these")
    else:
        context.choice = choice or ""
    return choice is not None


def _courtesy(context: RunContext) -> Literal["thanks", "greeting"] | None:
    if context.attachments:
        return None
    answered = any(message.direction == "outbound" for message in context.turn.earlier)
    wordless = not any(c.isalnum() for c in context.text)
    if answered and wordless and any(c in _THANKS_EMOJI for c in context.text):
        return "thanks"
    text = " ".join("".join(c if c.isalnum() or c in "'’" else " " for c in context.text).split())
    if not _COURTESY.fullmatch(text):
        return None
    return "thanks" if _MEANS_THANKS.search(text) else "greeting"
