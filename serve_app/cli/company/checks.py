"""The checks of `nightdesk company check`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from deployments.agent.language import LanguageDetector
from deployments.agent.models.grounded_model import LANGUAGES
from deployments.rules.company import Company
from deployments.rules.company_file import FILE, CompanyFileError, read_company, read_facts, wrong
from embeddings.chunker import InvalidDocumentError, Section, parse_docs
from embeddings.indexer import find_price
from embeddings.lexical import named
from serve_app.api.public.look import PAGE, READABLE, contrast
from serve_app.settings.company_documents import DOCUMENTS, SAMPLES
from serve_app.settings.settings import Settings

Kind = Literal["wrong", "contradictory", "missing"]

LACKS: Mapping[str, str] = {
    "website": "templates can't name it",
    "help_url": "pages show no help centre",
    "hours": "people count as being there at any hour",
    "timezone": "hours are taken as UTC",
    "tone": "a language model is told no manner",
    "competitors": "a reply that names one is not refused",
    "colour": "pages have the product's colour",
    "logo": "pages show the product's icon",
}
"""What follows when a fact that nothing needs is missing."""
_ADDRESS = re.compile(r"\bsupport@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the check. wrong: nothing starts; contradictory: two facts don't go together; missing: optional."""

    kind: Kind
    text: str


def findings(folder: Path, settings: Settings) -> list[Finding]:
    """Return what is wrong, contradictory or missing in a company's folder, the gravest first."""
    problems = list(_file_problems(folder))
    sections: Sequence[Section] = ()
    try:
        sections = _sections(folder)
    except InvalidDocumentError as error:
        problems.append(str(error))
    found = [Finding(kind="wrong", text=problem) for problem in problems]
    if any(_file_problems(folder)):
        return found
    company = read_company(folder)
    found += [Finding(kind="wrong", text=text) for text in _priced(company, sections)]
    found += [Finding(kind="contradictory", text=text) for text in _contradictions(company, sections, settings)]
    return found + [Finding(kind="missing", text=text) for text in _missing(company, folder)]


def _file_problems(folder: Path) -> Iterator[str]:
    try:
        facts = read_facts(folder)
    except CompanyFileError as error:
        yield str(error)
        return
    yield from (f"{FILE}: {problem}" for problem in wrong(facts, folder))


def _sections(folder: Path) -> list[Section]:
    path = folder / DOCUMENTS
    try:
        return parse_docs(path.read_text(encoding="utf-8"), DOCUMENTS)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidDocumentError(f"{DOCUMENTS} can't be read ({error}): what is answered stands in it") from None


def _priced(company: Company, sections: Sequence[Section]) -> Iterator[str]:
    """Yield the sections with a price: they are never indexed."""
    for section in sections if not company.quotes_amounts else ():
        if price := find_price(f"{section.title}\n{section.content}"):
            yield (
                f"{DOCUMENTS}: {section.title!r} names an amount of money ({price!r}): take it out, or write "
                "quotes_amounts = true if such amounts may be told"
            )


def _contradictions(company: Company, sections: Sequence[Section], settings: Settings) -> Iterator[str]:
    yield from _facts_against_each_other(company)
    yield from _facts_against_documents(company, sections)
    yield from _facts_against_settings(company, settings)


def _facts_against_each_other(company: Company) -> Iterator[str]:
    ours = {name.lower() for name in company.own_names}
    for name in company.competitors:
        if name.lower() in ours:
            yield f"competitors: {name!r} is a name of our own"
    domain = _domain(company.support_address.rpartition("@")[2])
    for fact, url in (("website", company.website), ("help_url", company.help_url)):
        if url and (there := _domain(urlsplit(url).hostname or "")) != domain:
            yield f"{fact}: is at {there}, support_address at {domain}"
    if company.colour and (found := contrast(company.colour, PAGE)) < READABLE:
        yield f"colour: links in {company.colour} can't be read on the page (contrast {found:.1f}, needed {READABLE})"


def _facts_against_documents(company: Company, sections: Sequence[Section]) -> Iterator[str]:
    text = "\n".join(f"{section.title}\n{section.content}" for section in sections)
    for section in sections:
        whole = f"{section.title}\n{section.content}"
        for name in company.competitors:
            if named(whole, (name,), "") != whole:
                yield f"competitors: {DOCUMENTS} names {name!r} in {section.title!r}; a reply with it is refused"
    for address in sorted({one.lower() for one in _ADDRESS.findall(text)} - {company.support_address.lower()}):
        yield f"support_address: is {company.support_address}, but {DOCUMENTS} names {address}"
    if sections and (spoken := LanguageDetector().detect(text[:5000])) != company.languages[0]:
        yield f"languages: the first is {company.languages[0]!r}, but {DOCUMENTS} is in {spoken!r}"


def _facts_against_settings(company: Company, settings: Settings) -> Iterator[str]:
    for setting, given, fact in (
        ("SUPPORT_HOURS", settings.support_hours, company.hours),
        ("SUPPORT_TIMEZONE", settings.support_timezone, company.timezone),
        ("GMAIL_GROUPS", settings.gmail_groups, company.mail_groups),
        ("GMAIL_USER", settings.gmail_user, company.support_address),
    ):
        if given and fact and given != fact:
            yield f"{setting} is {_shown(given)}, {FILE} says {_shown(fact)}: the setting is what counts"
    remote = settings.openai_api_key or settings.openai_base_url
    for language in company.languages if not remote else ():
        if language not in LANGUAGES:
            yield f"languages: {language!r} is answered only with a language model (OPENAI_API_KEY or OPENAI_BASE_URL)"


def _missing(company: Company, folder: Path) -> Iterator[str]:
    yield from (f"{fact}: {effect}" for fact, effect in LACKS.items() if not getattr(company, fact))
    if not (folder / SAMPLES).is_file():
        yield f"{SAMPLES}: `nightdesk demo` and `bench` have nothing to play"


def _domain(host: str) -> str:
    """Return the last two labels of a host: `help.example.com` -> `example.com`."""
    return ".".join(host.lower().split(".")[-2:])


def _shown(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)
