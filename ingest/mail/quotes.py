"""Separates what a person wrote in a mail from the mail quoted below it. Forwards are kept whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

import quotequail  # type: ignore[import-untyped]
from mailparser_reply import EmailMessage  # type: ignore[import-untyped]
from mailparser_reply.constants import MAIL_LANGUAGES  # type: ignore[import-untyped]

from ingest.mail.signatures import without_signature

# The libraries' patterns look at every pair of places in a line: only lines that can be a reply header are shown to
# them, and only so far down.
_LINE_LIMIT = 160
_NAME_LIMIT = 30
_SEARCHED_CHARACTERS = 30_000
_SEARCHED_LINES = 1_000

_FORWARD_SUBJECT = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|vs|doorst|i|转发)\s*[:：]", re.IGNORECASE)
_FORWARD_LINE = re.compile(
    r"^(?:-{3,}|_{3,})? ?(?:begin forwarded message|forwarded message|forwarded by .*|weitergeleitete nachricht"
    r"|anfang der weitergeleiteten (?:e-mail|nachricht)|message transféré|début du message (?:transféré|réexpédié)"
    r"|mensaje reenviado|inicio del mensaje reenviado|mensagem encaminhada|messaggio inoltrato"
    r"|doorgestuurd bericht|begin doorgestuurd bericht|vidarebefordrat meddelande|пересылаемое сообщение"
    r"|転送されたメッセージ|转发的邮件) ?(?:-{3,}|_{3,}|:)?$",
    re.IGNORECASE | re.MULTILINE,
)
_NAME = r"\*?[^\W\d_][\w -]{0,24}\*? ?[:：]"
_HEADER_LINE = re.compile(rf"[>* ]*{_NAME}")
# `From: Ann <ann@…>` or its like in any language, with at least two more such lines right below it.
_HEADER_BLOCK = re.compile(rf"^{_NAME}\*? [^\n]*@[^\n]*\n(?:{_NAME}[^\n]*\n){{2}}", re.MULTILINE)
_SEPARATOR = re.compile(r"^(?:-{2,} ?original message ?-{2,}|_{20,})$", re.IGNORECASE | re.MULTILINE)
_MARKED = ">"
_GAPS = re.compile(r"\n{3,}")


def own_text(text: str, *, subject: str = "", is_reply: bool = False) -> str:
    """Return what the sender wrote, from a cleaned text: without quoted mail and without the signature.

    Answers that stand between quoted lines are kept, in order. A forward is returned whole, since its body is what the
    sender wants us to read; so is a mail that is nothing but quoted headers and no reply to anything (`is_reply`: it
    has an In-Reply-To). The result may be empty. A reply header below 1,000 lines or 30,000 characters is not found.
    """
    if is_forward(text, subject):
        return text.strip()
    own = _unquoted(text, is_reply=is_reply)
    if not own and not is_reply and _HEADER_BLOCK.search(f"{text}\n"):
        return text.strip()
    return without_signature(own)


def is_forward(text: str, subject: str = "") -> bool:
    """Return whether this is a forward: by its subject, or by a forward's first line above any reply header."""
    if _FORWARD_SUBJECT.match(subject):
        return True
    match = _FORWARD_LINE.search(text)
    return match is not None and match.start() <= _quote_start(text)


def _unquoted(text: str, *, is_reply: bool) -> str:
    start = _quote_start(text)
    if start == len(text) and not is_reply:
        return text.strip()
    top, answers = _without_marked(text[:start]), _answers_between(text[start:])
    return "\n\n".join(part for part in (top, answers) if part)


def _quote_start(text: str) -> int:
    """Return where the first reply header begins; the text's length if there is none."""
    lines = text[:_SEARCHED_CHARACTERS].split("\n")[:_SEARCHED_LINES]
    shown = (_candidate(line, after) for line, after in zip(lines, [*lines[1:], ""], strict=True))
    return min(_reply_headers("\n".join(shown)), default=len(text))


def _candidate(line: str, after: str) -> str:
    """Return a line that may belong to a header as it is, any other masked; a long one (`To:` many) keeps its start."""
    opens = after.rstrip().endswith((":", "：")) or _SEPARATOR.match(line)
    if len(line) <= _LINE_LIMIT and (":" in line or "：" in line or opens):
        return line
    kept = line[:_NAME_LIMIT] if _HEADER_LINE.match(line) else ""
    return kept + "x" * (len(line) - len(kept))


def _reply_headers(masked: str) -> Iterator[int]:
    """Yield the first position that each method finds; positions in `masked` are those in the text."""
    message = EmailMessage(text="", languages=list(MAIL_LANGUAGES))
    for match in message.HEADER_REGEX.finditer(masked):
        if _plausible(match[0]):
            yield match.start() + len(match[0]) - len(match[0].lstrip())
            break
    parts = quotequail.quote(masked, limit=_SEARCHED_LINES + 1, quote_intro_line=True)
    if len(parts) == 2 and _plausible("\n".join(parts[1][1].split("\n")[:4])):
        yield len(masked) - len(parts[1][1])
    for pattern in (_HEADER_BLOCK, _SEPARATOR):
        if match := pattern.search(masked):
            yield match.start()


def _plausible(header: str) -> bool:
    """Return whether this is a reply header and not the sender's own `On Friday I wrote:` or `Data: 5 GB`."""
    lines = [line for line in header.split("\n") if line.strip()]
    if _SEPARATOR.match(lines[0]) or _FORWARD_LINE.match(lines[0]):
        return True
    headers = sum(bool(_HEADER_LINE.match(line)) for line in lines)
    if headers > 1:
        return headers > 2 or "@" in header
    introduction = " ".join(lines[:2])
    return any(char.isdigit() or char == "@" for char in introduction)


def _without_marked(text: str) -> str:
    """Drop `>` lines, and the line above them that introduces them (`Ann <ann@…>, 3 May:`), in whatever language."""
    kept: list[str] = []
    within = False
    for line in text.split("\n"):
        marked = line.startswith(_MARKED)
        if marked and not within:
            _drop_introduction(kept)
        if not marked:
            kept.append(line)
        within = marked or (within and not line.strip())
    return _GAPS.sub("\n\n", "\n".join(kept)).strip()


def _drop_introduction(kept: list[str]) -> None:
    while kept and not kept[-1].strip():
        kept.pop()
    for length in (1, 2):
        line = " ".join(kept[-length:]).rstrip()
        if line.endswith((":", "：")) and any(char.isdigit() or char == "@" for char in line):
            del kept[-length:]
            return


def _answers_between(rest: str) -> str:
    """Return the unmarked lines below the first marked one, if the marked ones follow the header directly."""
    lines = rest.split("\n")
    first = next((n for n, line in enumerate(lines) if line.startswith(_MARKED)), None)
    if first is None or sum(bool(line.strip()) for line in lines[:first]) > 2:
        return ""
    return _without_marked("\n".join(lines[first:]))
