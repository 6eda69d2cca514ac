"""What is decided before any model is asked: hand-overs by rule, mood or language, and messages that ask nothing."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from deployments.agent import notices
from deployments.agent.run_context import Review, RunContext
from deployments.rules.escalation import EscalationRules, is_negative

_PLEASED = "👍🙏❤😊🙂💯👌😀😃🎉"
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
    """Finish the turn where no model is needed; otherwise leave the context as it is.

    `languages` are those the model answers in, None for any. The order is that of the reasons: the rules over words
    and meaning, then the mood (of English text: the heads know no other), then the language.
    """
    if kind := _courtesy(context):
        context.answer(Review(text=notices.courtesy(context, kind)), rule=f"courtesy:{kind}")
    elif not any(c.isalnum() for c in context.text):  # nothing that a classifier could mean anything about
        context.answer(Review(text=notices.question_back(context)), rule="question:no_text")
    elif _by_rule(context, rules):
        return
    elif context.language == "en" and is_negative(context.analysis.sentiment):
        context.escalate("negative_sentiment", rule="sentiment:below_threshold")
    elif languages is not None and context.language not in languages:
        context.escalate("unsupported_language", rule=f"language:{context.language}")


def hand_over(context: RunContext, *, rules: EscalationRules) -> None:
    """Finish the turn with a hand-over, whatever it says: the agent is switched off.

    The reason is the rules' where one applies, so that a legal matter reaches whom it concerns; else a person was asked
    for, by those who switched the agent off.
    """
    if _by_rule(context, rules):
        return
    if context.language == "en" and is_negative(context.analysis.sentiment):
        context.escalate("negative_sentiment", rule="sentiment:below_threshold")
    else:
        context.escalate("human_request", rule="mode:off")


def _by_rule(context: RunContext, rules: EscalationRules) -> bool:
    verdict = rules.decide(text=context.turn.text, subject=context.subject, class_scores=context.analysis.escalation)
    context.scores.update({f"escalation.{name}": round(score, 4) for name, score in verdict.scores.items()})
    context.scores.update({f"escalation.{name}.threshold": least for name, least in verdict.least.items()})
    if verdict.reason is None:
        return False
    evidence = f" ({verdict.evidence})" if verdict.evidence else ""
    context.escalate(verdict.reason, rule=f"{verdict.signal}:{verdict.reason}{evidence}")
    return True


def _courtesy(context: RunContext) -> Literal["thanks", "greeting"] | None:
    if context.attachments:
        return None
    if _emoji_thanks(context):
        return "thanks"
    text = " ".join("".join(c if c.isalnum() or c in "'’" else " " for c in context.text).split())
    if not _COURTESY.fullmatch(text):
        return None
    return "thanks" if _MEANS_THANKS.search(text) else "greeting"


def _emoji_thanks(context: RunContext) -> bool:
    """Tell whether a thumbs-up (or the like), and not a word, follows something that was said in this conversation."""
    answered = any(message.direction == "outbound" for message in context.turn.earlier)
    wordless = not any(c.isalnum() for c in context.text)
    return answered and wordless and any(c in _PLEASED for c in context.text)
