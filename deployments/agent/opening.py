"""What is decided before any model is asked: hand-overs by rule, mood or language, and messages that ask nothing."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from deployments.agent import notices
from deployments.agent.run_context import Review, RunContext
from deployments.escalation import EscalationRules, is_negative

_THANKS = (
    r"(?:(?:ok(?:ay)?|great|perfect|super|awesome|brilliant|cool|nice|got it|alright|yes|wonderful|lovely)[\s,.!]+)*"
    r"(?:many |a million )?(?:thank(?:s|z)?(?: you| u)?|thx|ty|cheers)"
    r"(?:[\s,.!]+(?:so much|very much|a lot|again|for (?:your |the )?(?:quick )?(?:help|answer|reply|support)|"
    r"that (?:worked|works|helps|helped|did it|solved it)|it (?:works|worked)(?: now)?|all good(?: now)?|"
    r"(?:have a )?(?:nice|good|great) (?:day|weekend|evening)|bye|team|guys|mate))*"
)
_DONE = (
    r"(?:ok(?:ay)?|great|perfect|super|awesome|brilliant|cool|got it|alright"
    r"|(?:that|it) (?:worked|works|helped)(?: now)?)"
)
_COURTESIES: tuple[tuple[Literal["thanks", "greeting"], re.Pattern[str]], ...] = (
    ("thanks", re.compile(rf"(?:{_THANKS}|{_DONE})", re.IGNORECASE)),
    (
        "greeting",
        re.compile(
            r"(?:hi|hello|hey|hiya|good (?:morning|afternoon|evening)|dear)(?: (?:there|team|support|all))*",
            re.IGNORECASE,
        ),
    ),
)


def decide(context: RunContext, *, rules: EscalationRules, languages: Collection[str] | None) -> None:
    """Finish the turn where no model is needed; otherwise leave the context as it is.

    `languages` are those the model answers in, None for any. The order is that of the reasons: the rules over words
    and meaning, then the mood (of English text: the heads know no other), then the language.
    """
    words = any(c.isalnum() for c in context.text)
    if _by_rule(context, rules):
        return
    if context.language == "en" and words and is_negative(context.analysis.sentiment):
        context.escalate("negative_sentiment", rule="sentiment:below_threshold")
    elif languages is not None and context.language not in languages:
        context.escalate("unsupported_language", rule=f"language:{context.language}")
    elif not words and not _emoji_thanks(context):
        context.answer(Review(text=notices.question_back(context)), rule="question:no_text")
    elif kind := _courtesy(context):
        context.answer(Review(text=notices.courtesy(context, kind)), rule=f"courtesy:{kind}")


def _by_rule(context: RunContext, rules: EscalationRules) -> bool:
    verdict = rules.decide(
        text=context.turn.text, subject=context.turn.ticket.subject, class_scores=context.analysis.escalation
    )
    context.scores.update({f"escalation.{name}": round(score, 4) for name, score in verdict.scores.items()})
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
    text = " ".join("".join(c if c.isalnum() or c in "'’" else " " for c in context.turn.text).split())
    return next((kind for kind, pattern in _COURTESIES if pattern.fullmatch(text)), None)


def _emoji_thanks(context: RunContext) -> bool:
    """Tell whether a thumbs-up (or the like) follows something that was said in this conversation."""
    answered = any(message.direction == "outbound" for message in context.turn.earlier)
    return answered and not context.attachments and any(c in "👍🙏❤😊🙂💯👌😀😃🎉" for c in context.turn.text)
