"""What speaks against an entry for the knowledge base, whoever wrote it: a customer, a colleague, somebody who hopes
that a program reads it.

A finding that `blocks` has to be edited away: the agent could never say it, or nobody should. The others have to be
confirmed one by one. The patterns read English, any other language is a finding; and who words an attack anew gets past
them, so READ is found in every entry: no single key approves any.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from deployments.agent.checks.guardrails import STATES_A_PRICE, Guard, foreign_addresses
from deployments.agent.checks.homoglyphs import has_homoglyphs
from deployments.agent.checks.masking import Vault
from deployments.agent.language import LanguageDetector
from deployments.learning.cleaning import PLACEHOLDER, TITLE_CHARACTERS
from deployments.learning.patterns import BLOCKING, DOUBTFUL, NAME, ONE_CASE
from deployments.rules.company import Company
from deployments.rules.formatting import sentences
from embeddings import lexical
from embeddings.chunker import SECTION_CHARACTERS

SHOWN_NAMES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that speaks against an entry; `detail` is for a person."""

    code: str
    detail: str
    blocks: bool


READ = Finding(
    code="read", detail="the agent tells customers this word for word: read every sentence of it", blocks=False
)


class Checks:
    """The checks in the name of one company. `documents` are the texts of its knowledge base without what was learned:
    addresses and names that stand there are known."""

    def __init__(self, company: Company, documents: Sequence[str]) -> None:
        self._company, self._guard, self._languages = company, Guard(company), LanguageDetector()
        self._known = (*documents, *company.facts.values(), *company.own_names)
        self._words = frozenset().union(*(lexical.term_set(text) for text in self._known))

    def of(self, title: str, answer: str) -> list[Finding]:
        """Return what speaks against an entry of these words, the worst first; READ is the last."""
        found = self.of_text(f"{title}\n{answer}")
        if ONE_CASE.search(answer):  # a title may ask "How do I …"
            detail = "speaks of one customer's case, in the first person or of a day"
            found.append(Finding(code="one_case", detail=detail, blocks=False))
        if len(title) > TITLE_CHARACTERS or len(answer) > SECTION_CHARACTERS:
            most = f"{TITLE_CHARACTERS} characters of a title and {SECTION_CHARACTERS:,} of an answer are searched"
            found.append(Finding(code="too_long", detail=most, blocks=True))
        if not all(any(c.isalpha() for c in text) for text in (title, answer)):
            found.append(Finding(code="empty", detail="a title and an answer need words of their own", blocks=True))
        return [*sorted(found, key=lambda one: not one.blocks), READ]

    def of_text(self, text: str) -> list[Finding]:
        """Return what speaks against any text."""
        found = [*self._personal(text), *self._hidden(text), *self._said(text)]
        for patterns, blocks in ((BLOCKING, True), (DOUBTFUL, False)):
            found += [
                Finding(code=code, detail=detail, blocks=blocks)
                for code, detail, pattern in patterns
                if pattern.search(text)
            ]
        return [*found, *self._names(text), *self._language(text)]

    def _personal(self, text: str) -> list[Finding]:
        if PLACEHOLDER.search(text):
            return [_personal_data("has a placeholder where personal data stood")]
        return [_personal_data("has personal data or a secret")] if Vault().mask(text) != text else []

    def _hidden(self, text: str) -> list[Finding]:
        odd = any(unicodedata.category(c) in ("Cf", "Cc", "Co", "Cn", "Cs") for c in text if c not in "\n\t")
        if odd or has_homoglyphs(text, ()):
            return [
                Finding(code="characters", detail="has characters that are hidden or stand for others", blocks=True)
            ]
        return []

    def _said(self, text: str) -> list[Finding]:
        """What the agent may not say, and so must not find."""
        amounts = self._company.quotes_amounts
        found = [
            Finding(code="guard", detail=problem, blocks=not (amounts and problem == STATES_A_PRICE))
            for problem in self._guard.findings(text)
        ]
        if addresses := foreign_addresses(text, self._known):
            shown = ", ".join(addresses[:SHOWN_NAMES])
            found.append(Finding(code="address", detail=f"names an address of no document: {shown}", blocks=True))
        return found

    def _names(self, text: str) -> list[Finding]:
        names = sorted(_names_in(text, self._words))
        if not names:
            return []
        shown = ", ".join(names[:SHOWN_NAMES])
        return [Finding(code="names", detail=f"names what is in no document: {shown}", blocks=False)]

    def _language(self, text: str) -> list[Finding]:
        language = self._languages.detect(text)
        if language == "en":
            return []
        return [Finding(code="language", detail=f"is not English ({language}): the checks can't read it", blocks=False)]


def _personal_data(detail: str) -> Finding:
    return Finding(code="personal_data", detail=detail, blocks=True)


def _names_in(text: str, known: frozenset[str]) -> set[str]:
    """Return what has a capital within a sentence and stands in no document; labels of a menu and such as PDF are left
    out."""
    found = {match.group() for line in sentences(text) for match in NAME.finditer(line[:1_000])}
    return {name for name in found if not (lexical.term_set(name) <= known or (name.isupper() and len(name) < 5))}
