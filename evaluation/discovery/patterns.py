"""Patterns that a ticket shows or does not show, each with what the product does because of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from deployments.rules.wording import WORD_REASONS, Wording, WordReason, read_words

Ticket: TypeAlias = dict[str, Any]
"""A row of context/sample-tickets.json."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """What is looked for, how it is found, and what follows for the product, with the file that does it."""

    says: str
    shown_by: Callable[[Ticket], bool]
    so: str


def words(ticket: Ticket) -> int:
    """Return how many words the message has."""
    return len(re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", ticket["message"]))


def _text(pattern: str, *, cased: bool = False) -> Callable[[Ticket], bool]:
    compiled = re.compile(pattern, re.MULTILINE if cased else re.MULTILINE | re.IGNORECASE)
    return lambda ticket: compiled.search(ticket["message"]) is not None


def _ends_with_own_name(ticket: Ticket) -> bool:
    return ticket["name"].split()[0] in ticket["message"][-120:] and "\n" in ticket["message"]


def _requests(*reasons: WordReason) -> Callable[[Ticket], bool]:
    def shown(ticket: Ticket) -> bool:
        wording = read_words(ticket["subject"] or "", ticket["message"]).wording
        return any(wording[reason] in (Wording.REQUEST, Wording.UNREAD) for reason in reasons)

    return shown


def _expects(outcome: str, reason: str | None = None) -> Callable[[Ticket], bool]:
    return lambda ticket: ticket["expected"]["outcome"] == outcome and reason in (None, ticket["expected"]["reason"])


_EMOJI = "[\U0001f300-\U0001faff\u2600-\u27bf]"
_CHAT_WORD = r"\b(?:u|ur|pls|plz|tbh|omg|lol|thx|w|im|ive|dont|cant|isnt|wont|its)\b"
_DAY = (
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:today|tomorrow|yesterday|this (?:morning|afternoon|week))\b"
)

_GREETED = _text(r"\A\W*(?:dear|hello|hi|hey|good (?:morning|afternoon|evening)|to whom)\b")
_TWO_THINGS = r"\?[^?]*[^\s?][^?]*\?|\band (?:how|what|which|where|can|could|is|does|do|whether)\b[^.?]*\?"
_MONEY = r"\b(?:refund|charged?|invoice|payment|price|cost|quote|discount|card|money|plan for|per month)\b"

PATTERNS = (
    Pattern(
        says="opens with a greeting",
        shown_by=_GREETED,
        so="The greeting is left out of the search (`deployments/agent/models/questions.py`).",
    ),
    Pattern(
        says="comes without a greeting",
        shown_by=lambda ticket: not _GREETED(ticket),
        so="The channel's template greets, whatever was written (`deployments/rules/formatting.py`).",
    ),
    Pattern(
        says="ends with the writer's own name",
        shown_by=_ends_with_own_name,
        so="Signatures are cut before the text is read (`ingest/mail/quoting/signatures.py`).",
    ),
    Pattern(
        says="closes with a formula",
        shown_by=_text(r"\b(?:regards|sincerely|faithfully|best wishes|thanks?(?: you)? (?:very much )?in advance)\b"),
        so="What follows a formula goes only where it is a signature (`ingest/mail/quoting/signatures.py`).",
    ),
    Pattern(
        says="has fewer than 16 words",
        shown_by=lambda ticket: words(ticket) < 16,
        so="Where several passages fit, the customer is asked once which (`deployments/agent/asking_back.py`).",
    ),
    Pattern(
        says="has more than 60 words",
        shown_by=lambda ticket: words(ticket) > 60,
        so="A text too long for a search is searched by its questions (`deployments/agent/models/questions.py`).",
    ),
    Pattern(
        says="is one paragraph of 16 to 60 words",
        shown_by=lambda ticket: 16 <= words(ticket) <= 60 and "\n\n" not in ticket["message"],
        so="It is searched whole (`deployments/agent/models/questions.py`).",
    ),
    Pattern(
        says="has no subject",
        shown_by=lambda ticket: not ticket["subject"],
        so="Rules and search read the text alone (`deployments/rules/wording.py`).",
    ),
    Pattern(
        says="has several paragraphs",
        shown_by=_text(r"\n\s*\n"),
        so="Line ends are kept, one empty line in a row (`ingest/text.py`).",
    ),
    Pattern(
        says="tells the situation before it asks",
        shown_by=_text(r"\A[^?]*[.!]\s[^?]*\?"),
        so="The second search is made of the sentences that ask (`deployments/agent/models/questions.py`).",
    ),
    Pattern(
        says="asks two things at once",
        shown_by=_text(_TWO_THINGS),
        so="The answer takes the passage's best sentences for all of it (`deployments/agent/models/extract.py`).",
    ),
    Pattern(
        says="asks how something is done",
        shown_by=_text(r"\b(?:how (?:do|can|could|may)|where (?:do|can)|how i can|steps)\b"),
        so="Steps are quoted in the order of the passage (`deployments/agent/models/extract.py`).",
    ),
    Pattern(
        says="asks whether something is possible",
        shown_by=_text(r"\b(?:can (?:i|we)|(?:is|whether) (?:it|there)|would it be|does (?:the|it)|are there)\b"),
        so="A sentence that no passage supports does not leave (`deployments/agent/checks/grounding.py`).",
    ),
    Pattern(
        says="asks what something means, or why it is so",
        shown_by=_text(r"\b(?:why|what does|what could|how can i find out|any idea|what causes|the reason|what now)\b"),
        so="Question and passage are compared token by token (`embeddings/judge.py`).",
    ),
    Pattern(
        says="is about a program that is connected",
        shown_by=lambda ticket: ticket["kind"] == "integrations",
        so="A name in a reply has to stand in the passage (`deployments/agent/checks/claims.py`).",
    ),
    Pattern(
        says="says how many or how much",
        shown_by=_text(r"(?<![\w-])\d+(?:[.,]\d+)*(?![\w-])|\b(?:two|three|eleven|fifty|nine)\b"),
        so="Figures of an answer are compared with the passage's (`deployments/agent/checks/claims.py`).",
    ),
    Pattern(
        says="praises",
        shown_by=_text(r"\b(?:love|enjoy|pleased|grateful for|great|like (?:it|the))\b"),
        so="A mood is one figure for the whole text (`embeddings/sentiment.py`).",
    ),
    Pattern(
        says="asks without a question mark",
        shown_by=lambda ticket: "?" not in ticket["message"],
        so="Sentences that ask are known by their words as well (`deployments/agent/models/questions.py`).",
    ),
    Pattern(
        says="asks for several things of the documents",
        shown_by=lambda ticket: len(ticket["expected"]["topics"]) > 1,
        so="Each sentence keeps its source; an answer may have several (`deployments/agent/checks/grounding.py`).",
    ),
    Pattern(
        says="is written without a capital at the beginning",
        shown_by=lambda ticket: ticket["message"].lstrip()[:1].islower(),
        so="Words are compared in lower case (`embeddings/lexical.py`).",
    ),
    Pattern(
        says="is written as one chats (u, pls, im)",
        shown_by=_text(_CHAT_WORD),
        so="A query's misspelt words are corrected; what is stored stays as it was written (`embeddings/spelling.py`).",
    ),
    Pattern(
        says="has an emoji",
        shown_by=_text(_EMOJI),
        so="Emoji count for the mood; alone they are neutral at least, unless angry (`embeddings/sentiment.py`).",
    ),
    Pattern(
        says="shouts (capitals, !!)",
        shown_by=_text(r"\b[A-Z]{4,}\b(?![-_\d])|!!", cased=True),
        so="Surface signs of fury stand beside the encoder's vector (`embeddings/sentiment.py`).",
    ),
    Pattern(
        says="is polite (please, kindly, thank)",
        shown_by=_text(r"\b(?:please|kindly|thank|grateful|would you be so kind|may i ask)\b"),
        so="Thanks are left out of the search (`deployments/agent/models/questions.py`).",
    ),
    Pattern(
        says="names a code (AUTH-423, 403)",
        shown_by=_text(r"\b[A-Z]{2,}-\d{3}\b|\b(?:status|code|error)\s+\d{3}\b|\b[45]\d\d\b", cased=True),
        so="Question and passage are compared token by token (`embeddings/judge.py`).",
    ),
    Pattern(
        says="quotes what the screen says",
        shown_by=_text("[\"“”][^\"“”]{3,}[\"“”]"),
        so="Question and passage are compared token by token (`embeddings/judge.py`).",
    ),
    Pattern(
        says="says what was tried, or that it happens again",
        shown_by=_text(r"\b(?:tried|try|again|already|repeated|twice|keeps?|still|third time)\b"),
        so="The agent is given what was asked and answered before (`db/turns/customer_history.py`).",
    ),
    Pattern(
        says="names a day or a deadline",
        shown_by=_text(_DAY),
        so="No date is promised: promises are refused before they leave (`deployments/agent/checks/guardrails.py`).",
    ),
    Pattern(
        says="speaks for a team or a firm",
        shown_by=_text(r"\b(?:our|we|my (?:team|colleagues?|foremen|guys))\b"),
        so="A customer is who wrote: colleagues see nothing of each other (`deployments/identity/node.py`).",
    ),
    Pattern(
        says="talks of money",
        shown_by=_text(_MONEY),
        so="The word alone hands nothing over, the request does (`deployments/rules/wording.py`).",
    ),
    Pattern(
        says="asks for a refund, a price, a lawyer or a person",
        shown_by=_requests(*WORD_REASONS),
        so="Handed over before any model is asked (`deployments/agent/rules_first.py`).",
    ),
    Pattern(
        says="can be answered from the documents",
        shown_by=_expects("answered"),
        so="Answered with the sentences of the documents (`deployments/agent/models/grounded_model.py`).",
    ),
    Pattern(
        says="asks what the documents do not say",
        shown_by=_expects("escalated", "no_kb_match"),
        so="Handed over and listed as a gap (`serve_app/cli/kb/gaps.py`).",
    ),
    Pattern(
        says="is furious",
        shown_by=_expects("escalated", "negative_sentiment"),
        so="Handed over whatever is asked (`deployments/rules/escalation.py`).",
    ),
    Pattern(
        says="presses (high or critical)",
        shown_by=lambda ticket: ticket["priority"] in ("high", "critical"),
        so="The priority sets the hours until a hand-over is due (`deployments/rules/support_hours.py`).",
    ),
)  # fmt: skip
