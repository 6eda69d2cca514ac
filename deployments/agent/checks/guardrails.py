"""Guardrails: the check of drafts before they are sent in the agent's name, whichever model wrote them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from db.records import Passage
from deployments.agent.checks.grounding import keep_supported
from deployments.agent.checks.homoglyphs import bare, has_homoglyphs
from deployments.agent.run_context import Review
from deployments.rules.company import Company
from deployments.rules.formatting import plain, sentences
from deployments.rules.phrases import OURSELVES
from embeddings.indexer import find_price
from embeddings.lexical import named

_REFUND = r"(?:refund(?:s|ed|ing)?|reimburse(?:d|s|ment)?|repay|repaid|money back|compensat(?:e|es|ed|ion)|chargeback)"
_REFUND += r"(?!s?\s+(?:reports?|templates?|fields?|columns?|tasks?)\b)"  # terms of the product
_GAP = r"[^.!?\n]{0,60}?"


def _any(*patterns: str) -> Callable[[str], bool]:
    compiled = re.compile("|".join(patterns), re.IGNORECASE)
    return lambda text: compiled.search(text) is not None


_states_a_price = _any(
    r"\b(?:discount(?:s|ed)?|coupons?|vouchers?|promo(?:tion(?:al)?)? codes?)\b",
    r"\b\d++\s?(?:%|percent)\s+(?:off|cheaper|less)\b",
    r"\b(?:free of charge|at no (?:extra |additional )?(?:cost|charge)|for free|free (?:plan|trial|upgrade|month))\b",
    r"\b(?:costs?|priced at|price (?:is|of)|fee (?:is|of)|charges?|starts at)\s+(?:only |just |about )?\D{0,3}\d",
    r"\b(?:dollars?|euros?|pounds sterling|bucks)\b",
    r"\bper (?:seat|user|member|person) (?:per|a|and|each) (?:month|year)\b",
)
_promises_money = _any(
    rf"\b(?:we|i|{OURSELVES}|our (?:team|billing)|a colleague|billing)\b{_GAP}\b(?:{_REFUND}|waive|credit your)\b",
    rf"\byou\b{_GAP}\b(?:will|can|may|should|are|get|receive|qualify)\b{_GAP}\b{_REFUND}\b",
    rf"\byour? {_REFUND}\b",
    rf"\b{_REFUND}\b{_GAP}\b(?:will|has|have|is|are|can|be)\b{_GAP}\b"
    r"(?:issued|processed|paid|credited|sent|approved|returned|granted|initiated|on (?:its|the) way)\b",
    rf"\b(?:entitled|eligible)\b{_GAP}\b{_REFUND}\b",
    r"\bcredit(?:ed)? (?:\w+ )?(?:back )?to your (?:account|card)\b",
)
_is_legal = _any(
    r"\b(?:liabl[ey]|liability|legally|lawsuits?|litigation|unlawful|lawyers?|attorneys?|indemnif\w*)\b",
    r"\blegal (?:advice|obligations?|responsib\w+|claims?|action|position|right|department)\b",
    r"\b(?:breach of (?:contract|our|the)|in accordance with (?:the )?law|by law|under the contract)\b",
    r"\bterms of service\b",
    r"\b(?:warrant(?:s|y|ies)?|guarantee[sd]?|we (?:accept|admit|deny) (?:\w+ )?(?:fault|guilt|responsibility))\b",
    r"\b(?:gdpr|hipaa|soc ?2|iso ?27001)\b|\bcomplian(?:t|ce) with\b|\bcompl(?:y|ies) with\b",
)
_announces = _any(
    r"(?<!\bas )\bsoon\b(?! as)|\broad ?map\b|\bstay tuned\b|\bnear future\b|\bupcoming\b",
    r"\bnext (?:release|version|quarter|major update)\b|\b(?:public|private|closed|open) beta\b",
    r"\b(?:we(?:'re| are)|our (?:team|developers) (?:is|are)) (?:currently )?(?:working on|planning|developing)\b",
    r"\bwe (?:plan|intend) to\b|\bwe(?:'ll| will) (?:add|release|launch|introduce|support|build|ship)\b",
    r"\bwill (?:soon )?be (?:released|added|supported|launched|rolled out)\b|\bis planned\b|\bplanned for\b",
)
_tells_internals = _any(
    r"\b(?:create_ticket|get_customer_history|search_knowledge_base|send_response|escalate_to_human|no_kb_match)\b",
    r"\b(?:system|hidden|initial) (?:prompt|instructions?|message)\b",
    r"\bmy (?:instructions|prompt|guidelines|training)\b",
    r"\b(?:language model|llm|chatbot|gpt-?\d\w*|chatgpt|openai|nightdesk)\b",
    r"\bas an ai\b|\bi(?:'m| am) an? (?:ai|bot)\b",
    r"\b(?:relevance|confidence|similarity) (?:score|threshold)s?\b|\bsentiment\b|\bescalation (?:rule|reason)s?\b",
    r"\b(?:billing|legal|technical|general|support) queue\b|\bseverity\b|\btier (?:1|2|3|one|two|three)\b",
    r"\b(?:these|the|provided|given) passages?\b|\bknowledge base\b",
)

STATES_A_PRICE = "states a price or a discount"
NAMES_A_COMPETITOR = "names a competitor"
CHECKS: Sequence[tuple[str, Callable[[str], bool]]] = (
    ("promises money back", _promises_money),
    ("makes a legal statement", _is_legal),
    ("announces something that is not released", _announces),
    ("tells internal details", _tells_internals),
)

_ADDRESS = re.compile(
    r"https?://[^\s<>()\"']++|(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)++"
    r"|(?<![a-z0-9-])(?:[a-z0-9][a-z0-9-]{0,62}+\.){1,8}[a-z]{2,}(?:/[^\s<>()\"']*+)?"
    r"|\+?\d[\d ()/-]{8,}\d",
    re.IGNORECASE,
)
HOMOGLYPHS = "uses letters or digits that stand for others"
UNKNOWN_ADDRESS = "contains an address or number that is in no passage"
LEARNED = "learned"
"""Prefix of `source` of passages learned from tickets, whose addresses may be a customer's."""
UNSUPPORTED = "says nothing that a passage says"


def foreign_addresses(text: str, known: Iterable[str]) -> list[str]:
    """Return the links, e-mail addresses, host names and telephone numbers in `text` that are in no `known` text."""
    haystack = "\n".join(known).lower()
    found = (match.group().rstrip(".,;:!?") for match in _ADDRESS.finditer(text))
    return [address for address in found if address.lower() not in haystack]


class Guard:
    """Checks drafts in the name of one company: its competitors are never named, its own names support no claim."""

    def __init__(self, company: Company) -> None:
        self._own_names, self._quotes_amounts = company.own_names, company.quotes_amounts
        # An empty list would match everywhere, (?!) nowhere.
        names = [rf"(?<!\w){re.escape(name)}(?!\w)" for name in company.competitors]
        self._names_a_competitor = _any(*(names or [r"(?!)"]))

    def forbidden(self, text: str, passages: Sequence[Passage] = ()) -> str | None:
        """Return the first problem in a text ("states a price or a discount"), or None.

        What stands in `passages` word for word is no price where the company's documents may quote amounts.
        """
        return next(self.findings(text, passages), None)

    def findings(self, text: str, passages: Sequence[Passage] = ()) -> Iterator[str]:
        """Yield every problem in a text, as `forbidden`."""
        own = _without(text, passages) if self._quotes_amounts else text
        if find_price(own) is not None or _states_a_price(own):
            yield STATES_A_PRICE
        if self._names_a_competitor(text):
            yield NAMES_A_COMPETITOR
        as_us = named(text, self._own_names, OURSELVES)
        yield from (problem for problem, found in CHECKS if found(as_us))

    def review(self, text: str, passages: Sequence[Passage], customer_names: Sequence[str] = ()) -> Review:
        """Check a draft: forbidden content and unknown addresses refuse it, unsupported sentences are dropped.

        `customer_names` are the customer's names and address, which need no support.
        """
        draft = bare(plain(text))
        known = [f"{p.title}\n{p.content}" for p in passages if not p.source.startswith(LEARNED)]
        if problem := self._problem(draft, passages, [*known, *customer_names]):
            return Review(text=draft, problem=problem)
        supported, sources = keep_supported(draft, passages, customer_names, own_names=self._own_names)
        return Review(text=supported, sources=sources, problem=None if supported else UNSUPPORTED)

    def _problem(self, draft: str, passages: Sequence[Passage], known: Sequence[str]) -> str | None:
        if found := self.forbidden(draft, passages):
            return found
        if has_homoglyphs(draft, known):
            return HOMOGLYPHS
        return UNKNOWN_ADDRESS if foreign_addresses(draft, known) else None


def _without(text: str, passages: Sequence[Passage]) -> str:
    """Return `text` without the sentences that a passage has word for word."""
    known = {" ".join(line.split()) for passage in passages for line in sentences(plain(passage.content))}
    return " ".join(line for line in sentences(text) if " ".join(line.split()) not in known)
