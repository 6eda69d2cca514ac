"""Separates what a person wrote in a mail from the mail quoted below it. Forwards are kept whole.

What we sent is the evidence. Where it is not found in the mail, the layouts of mail programs count, and only in a mail
that answers something.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from ingest.mail.evidence import sent_lines
from ingest.mail.layouts import is_forward_line, is_separator, subject_kind
from ingest.mail.reply_headers import header_length, is_field_like, is_introduction
from ingest.mail.signatures import without_signature

_SEARCHED_CHARACTERS = 30_000
_SEARCHED_LINES = 1_000
_MARKED = ">"
_HEADER_LINES = 16
_UNKNOWN_FIELDS = 3
_LINE_LIMIT = 300
_GAPS = re.compile(r"\n{3,}")


def own_text(text: str, *, subject: str = "", is_reply: bool = False, ours: Sequence[str] = ()) -> str:
    """Return what the sender wrote, from a cleaned text: without quoted mail and without the signature.

    `ours` are the texts that we sent in the conversation; `is_reply`: the mail answers something (an In-Reply-To, a
    reply's prefix). Answers that stand between quoted lines are kept, in order, and so is a quotation of the sender's
    own. A forward is returned whole, since its body is what the sender wants us to read; so is what nothing would be
    left of. The result is empty only where all of it is mail that is surely quoted. A reply header below 1,000 lines or
    30,000 characters is not found.
    """
    if is_forward(text, subject):
        return text.strip()
    if not (is_reply or ours):
        return without_signature(text)
    lines = text.split("\n")
    kept = _without_sent(lines, sent_lines(lines, ours)) if ours else None
    if kept is None:
        kept = _without_laid_out(lines)
    own = _GAPS.sub("\n\n", "\n".join(kept)).strip()
    if not own and not _surely_quoted(lines):
        return text.strip() if not ours else own
    return without_signature(own)


def is_forward(text: str, subject: str = "") -> bool:
    """Return whether this is a forward: by its subject, or by a forward's first line above any reply header."""
    if subject_kind(subject) == "forward":
        return True
    lines = _searched(text.split("\n"))
    at = next((n for n, line in enumerate(lines) if is_forward_line(line) and not line.startswith(_MARKED)), None)
    return at is not None and _first_header(lines[: at + 1]) is None


def _searched(lines: Sequence[str]) -> Sequence[str]:
    """Return the lines in which a header is looked for."""
    left = _SEARCHED_CHARACTERS
    for n, line in enumerate(lines[:_SEARCHED_LINES]):
        left -= len(line) + 1
        if left < 0:
            return lines[:n]
    return lines[:_SEARCHED_LINES]


def _first_header(lines: Sequence[str], start: int = 0) -> tuple[int, int] | None:
    searched = _searched(lines)
    for at in range(start, len(searched)):
        if length := header_length(searched, at):
            return at, at + length
    return None


def _surely_quoted(lines: Sequence[str]) -> bool:
    """Return whether all of a mail that has no words of its own is a mail quoted below its header."""
    return _first_header(lines) is not None


# --- by the words that we sent


def _without_sent(lines: Sequence[str], sent: Sequence[bool]) -> list[str] | None:
    """Return the lines without those that we sent and what mail programs put around them; None where we sent none."""
    if not any(sent):
        return None
    quoted = list(sent)
    for start, end in _marked_blocks(lines):
        known = any(sent[start:end])
        if known or (any(sent[:start]) and _header_above(lines, start) < start):
            quoted[start:end] = [True] * (end - start)
    starts = [n for n, now in enumerate(quoted) if now and not (n and quoted[n - 1])]
    for start in starts:
        above = _header_above(lines, start)
        quoted[above:start] = [True] * (start - above)
    last = max(n for n, now in enumerate(quoted) if now)
    older = _older_mail(lines, last + 1, marked=lines[last].startswith(_MARKED))
    return [line for n, line in enumerate(lines[:older]) if not quoted[n]]


def _older_mail(lines: Sequence[str], start: int, *, marked: bool) -> int:
    """Return where older mail begins below the last words of ours; the number of lines where there is none."""
    for at in range(start, len(lines)):
        if header_length(lines, at) or (not marked and _unknown_header_length(lines, at)):
            return at
    return len(lines)


def _header_above(lines: Sequence[str], start: int) -> int:
    """Return where the header directly above a quotation begins; `start` where there is none."""
    end = start
    while end and not lines[end - 1].strip():
        end -= 1
    found = next((n for n in range(max(end - _HEADER_LINES, 0), end) if _reaches(lines, n, end)), end)
    while found and (not lines[found - 1].strip() or is_separator(lines[found - 1])) and found < end:
        found -= 1
    return found if found < end else start


def _reaches(lines: Sequence[str], at: int, end: int) -> bool:
    """Return whether a header begins at `at` and takes all lines up to `end`, whatever its language."""
    if not lines[at].strip() or lines[at].startswith(_MARKED):
        return False
    length = header_length(lines[:end], at) or _unknown_header_length(lines[:end], at)
    return length > 0 and not any(line.strip() for line in lines[at + length : end])


def _unknown_header_length(lines: Sequence[str], at: int) -> int:
    """Return the lines of a header in a language that is not in the table: fields with a date, or `…, 9:12, <a@b>:`."""
    end = at
    while end < len(lines) and end - at < _HEADER_LINES and is_field_like(lines[end]):
        end += 1
    digits = any(char.isdigit() for line in lines[at:end] for char in line[:_LINE_LIMIT])
    if end - at >= _UNKNOWN_FIELDS and digits:
        return end - at
    for length in (1, 2, 3):
        part = [line.strip() for line in lines[at : at + length]]
        joined = " ".join(part)
        if not all(part) or len(joined) > _LINE_LIMIT or not any(char.isdigit() for char in part[0]):
            return 0
        if joined.endswith((":", "：")) and ("@" in joined or is_introduction(joined)):
            return length
    return 0


# --- by the layouts of mail programs


def _without_laid_out(lines: Sequence[str]) -> list[str]:
    header = _first_header(lines)
    if header is None:
        return _without_marked(lines, _blocks_without_header(lines))
    start, end = header
    above, below = lines[:start], lines[end:]
    top = _without_marked(above, [block for block in _marked_blocks(above) if not _is_introduced(above, block[0])])
    return [*top, "", *_answers_between(below)]


def _answers_between(lines: Sequence[str]) -> list[str]:
    """Return the unmarked lines below the first marked one, if the marked ones follow the header directly."""
    first = next((n for n, line in enumerate(lines) if line.startswith(_MARKED)), None)
    if first is None or sum(bool(line.strip()) for line in lines[:first]) > 2:
        return []
    rest = lines[first:]
    return _without_marked(rest, _marked_blocks(rest))


def _blocks_without_header(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Return the blocks that are quoted mail, in a mail without a header that the table knows.

    All of them, where the first one opens the mail or stands below a line with a date; else the last one, if it ends
    the mail, and each that the sender did not introduce (`The page says:`).
    """
    blocks = _marked_blocks(lines)
    if not blocks or not any(line.strip() for line in lines[: blocks[0][0]]):
        return blocks
    ends = not any(line.strip() for line in lines[blocks[-1][1] :])
    return [
        block
        for block in blocks
        if (ends and block == blocks[-1]) or not _is_introduced(lines, block[0])
    ]


def _is_introduced(lines: Sequence[str], start: int) -> bool:
    """Return whether the sender's own words with a colon stand directly above: `I get this:`."""
    return start > 0 and lines[start - 1].rstrip().endswith((":", "：")) and _header_above(lines, start) == start


def _marked_blocks(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Return the runs of marked lines; empty lines between them belong to the run."""
    marked = [n for n, line in enumerate(lines) if line.startswith(_MARKED)]
    if not marked:
        return []
    breaks = [
        (one, other) for one, other in pairwise(marked) if any(line.strip() for line in lines[one + 1 : other])
    ]
    starts = [marked[0], *(other for _, other in breaks)]
    ends = [*(one + 1 for one, _ in breaks), marked[-1] + 1]
    return list(zip(starts, ends, strict=True))


def _without_marked(lines: Sequence[str], blocks: Sequence[tuple[int, int]]) -> list[str]:
    """Drop blocks of `>` lines, and the line above each that introduces it (`Ann <ann@…>, 3 May:`)."""
    dropped: set[int] = set()
    for start, end in blocks:
        dropped.update(range(_header_above(lines, start), end))
    return [line for n, line in enumerate(lines) if n not in dropped]
