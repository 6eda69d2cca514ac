"""Makes of a ticket what an entry consists of: the question as a title, the person's answer without what is around it.

Names, addresses, numbers and secrets become placeholders in brackets; who approves an entry has to take them out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from deployments.agent.models.questions import asking, core
from deployments.rules.formatting import sentences
from deployments.staff.scrubbing import LONGEST, scrubbed
from ingest.mail.quoting.signatures import without_signature

TITLE_CHARACTERS = 150
LEAST_WORDS = 6
"""An answer of fewer words ("Done, it works again now.") tells nobody else anything."""
PLACEHOLDER = re.compile(r"\[(?:[A-Z]+_\d+|ticket|link|number)\]")

_GREETING = re.compile(
    r"\A\W*+(?:dear|hi|hello|hey|good (?:morning|afternoon|evening|day)|greetings|hallo|guten (?:tag|morgen|abend)"
    r"|liebe[r]?|sehr geehrte[rn]?|moin|bonjour|bonsoir|cher|chère|hola|buen[oa]s (?:días|tardes)|estimad[oa])\b"
    r"(?:[ \t]++[\w.'’-]{1,30}){0,3}[ \t]*+[,!:.\n]\s*+",
    re.IGNORECASE,
)
_POLITE = re.compile(
    r"^\W*+(?:(?:many )?thank(?:s| you)\b|(?:we|i) (?:are |am )?(?:very )?(?:sorry|apologi[sz]e)\b|sorry (?:for|to)\b"
    r"|(?:please )?(?:let (?:me|us) know|don['’]t hesitate|do not hesitate|feel free to (?:contact|reach|write|ask))\b"
    r"|(?:i |we )?hope (?:this|that|you)\b|have a (?:nice|great|good|lovely)\b"
    r"|(?:is|if) there(?:['’]s| is)? anything else\b"
    r"|(?:i am|i['’]m|we are|we['’]re)? ?happy to help\b|my name is\b|this is \w+ from\b)",
    re.IGNORECASE,
)
_REGARDS = re.compile(
    r"^[^\w\n]*+(?:(?:many thanks and |with )?(?:kind|best|warm)\w*(?: \w+)? (?:regards|wishes)|regards|best|cheers"
    r"|yours (?:sincerely|faithfully|truly)|sincerely|mit freundlichen grüßen|viele grüße|cordialement|saludos)"
    r"[^\w\n]*+(?:\n[^\n]{0,80}){0,6}\s*\Z",
    re.IGNORECASE | re.MULTILINE,
)
_END = re.compile(r"(?<=[?!.])[.\s]+\Z")
_NUMBER = re.compile(
    r"(?i:\b(?:order|invoice|receipt|booking|reservation|customer|account|contract|policy|serial|case|reference|ref|"
    r"transaction|tracking|bestellung|rechnung|kunden|auftrags?)(?:nummer|[ -]?(?:number|no\.?|nr\.?|id))?)"
    r"\s{0,2}[:#]?\s{0,2}(?P<value>#?(?=[\w/-]{0,30}\d)(?:[A-Z0-9]{1,12}[/-]?){1,5}\d[A-Z0-9]*)\b"
    r"|(?P<bare>#\d{4,18}\b)"
)


def title_of(asked: str) -> str:
    """Return what was asked, as one line: the first question, or else the beginning. `asked` has been scrubbed."""
    heading, _, body = asked.partition("\n")
    found = asking(body) or asking(heading)
    line = _END.sub("", " ".join((found[0] if found else core(body) or heading).split()))
    return line if len(line) <= TITLE_CHARACTERS else line[:TITLE_CHARACTERS].rsplit(" ", 1)[0]


def answer_of(replies: Sequence[str], names: Sequence[str]) -> str:
    """Return the fullest of a person's replies without what is around it, scrubbed; '' where none says enough."""
    cleaned = [cleaned_reply(reply) for reply in replies]
    fullest = max(cleaned, key=len, default="")
    return scrubbed(without_numbers(fullest), names) if len(fullest.split()) >= LEAST_WORDS else ""


def cleaned_reply(text: str) -> str:
    """Return a reply without greeting, courtesies and signature; its paragraphs and lists stay."""
    body = _REGARDS.sub("", without_signature(_GREETING.sub("", text[:LONGEST].strip())))
    paragraphs = [_without_courtesies(paragraph) for paragraph in re.split(r"\n\s*\n", body)]
    return "\n\n".join(filter(None, paragraphs))


def without_numbers(text: str) -> str:
    """Return a text with numbers of orders, invoices, customers and the like in place of which `[number]` stands."""
    return _NUMBER.sub(_replaced, text)


def _replaced(match: re.Match[str]) -> str:
    value = match["value"] or match["bare"]
    return match.group().replace(value, "[number]")


def _without_courtesies(paragraph: str) -> str:
    lines = ("".join(one for one in sentences(line) if not _POLITE.match(one)) for line in paragraph.splitlines())
    return "\n".join(line.strip() for line in lines if line.strip())
