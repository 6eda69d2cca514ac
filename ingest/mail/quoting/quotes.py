"""Separates what a person wrote in a mail from the mail quoted below it. Forwards are kept whole.

What we sent is the evidence. Where it is not found in the mail, the layouts of mail programs count, and only in a mail
that answers something.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from ingest.mail.quoting.evidence import sent_lines
from ingest.mail.quoting.header_scan import HeaderScan
from ingest.mail.quoting.layouts import is_forward_line, subject_kind
from ingest.mail.quoting.signatures import without_signature

_SEARCHED_CHARACTERS = 30_000
_SEARCHED_LINES = 1_000
_MARKED = ">"
# Nobody marks twice by hand.
_DEEPER = (">>", "> >")
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
    scan = HeaderScan(text.split("\n"))
    kept = _without_sent(scan, sent_lines(scan.lines, ours)) if ours else None
    if kept is None:
        kept = _without_laid_out(scan)
    own = _GAPS.sub("\n\n", "\n".join(kept)).strip()
    if not own and not ours and scan.first(_searched(scan.lines)) is None:
        return text.strip()
    return without_signature(own)


def is_forward(text: str, subject: str = "") -> bool:
    """Return whether this is a forward: by its subject, or by a forward's first line above any reply header."""
    if subject_kind(subject) == "forward":
        return True
    lines = text.split("\n")
    until = _searched(lines)
    at = next((n for n in range(until) if not lines[n].startswith(_MARKED) and is_forward_line(lines[n])), None)
    return at is not None and HeaderScan(lines).first(at) is None


def _searched(lines: Sequence[str]) -> int:
    """Return in how many lines a header is looked for."""
    left = _SEARCHED_CHARACTERS
    for n, line in enumerate(lines[:_SEARCHED_LINES]):
        left -= len(line) + 1
        if left < 0:
            return n
    return min(len(lines), _SEARCHED_LINES)


# --- by the words that we sent


def _without_sent(scan: HeaderScan, sent: Sequence[bool]) -> list[str] | None:
    """Return the lines without those that we sent and what mail programs put around them; None where we sent none."""
    if not any(sent):
        return None
    lines = scan.lines
    quoted, first = list(sent), sent.index(True)
    for start, end in _marked_blocks(lines):
        known = any(sent[start:end])
        if known or (start > first and (_is_deeper(lines[start:end]) or scan.above(start) < start)):
            quoted[start:end] = [True] * (end - start)
    starts = [n for n, now in enumerate(quoted) if now and not (n and quoted[n - 1])]
    for start in starts:
        above = scan.above(start)
        quoted[above:start] = [True] * (start - above)
    last = max(n for n, now in enumerate(quoted) if now)
    older = _older_mail(scan, last + 1, marked=lines[last].startswith(_MARKED))
    return [line for n, line in enumerate(lines[:older]) if not quoted[n]]


def _is_deeper(block: Sequence[str]) -> bool:
    return any(line.startswith(_DEEPER) for line in block)


def _older_mail(scan: HeaderScan, start: int, *, marked: bool) -> int:
    """Return where older mail begins below the last words of ours; the number of lines where there is none."""
    found = scan.length if marked else scan.any_length
    return next((at for at in range(start, len(scan.lines)) if found(at)), len(scan.lines))


# --- by the layouts of mail programs


def _without_laid_out(scan: HeaderScan) -> list[str]:
    lines = scan.lines
    header = scan.first(_searched(lines))
    if header is None:
        return _without_marked(scan, _blocks_without_header(scan))
    start, end = header
    above = HeaderScan(lines[:start])
    blocks = [block for block in _marked_blocks(above.lines) if not _is_introduced(above, block[0])]
    return [*_without_marked(above, blocks), "", *_answers_between(lines[end:])]


def _answers_between(lines: Sequence[str]) -> list[str]:
    """Return the unmarked lines below the first marked one, if the marked ones follow the header directly."""
    first = next((n for n, line in enumerate(lines) if line.startswith(_MARKED)), None)
    if first is None or sum(bool(line.strip()) for line in lines[:first]) > 2:
        return []
    rest = HeaderScan(lines[first:])
    return _without_marked(rest, _marked_blocks(rest.lines))


def _blocks_without_header(scan: HeaderScan) -> list[tuple[int, int]]:
    """Return the blocks that are quoted mail, in a mail without a header that the table knows.

    All of them, where the first one opens the mail or stands below a line with a date; else the last one, if it ends
    the mail, and each that the sender did not introduce (`The page says:`).
    """
    lines = scan.lines
    blocks = _marked_blocks(lines)
    if not blocks or not any(line.strip() for line in lines[: blocks[0][0]]):
        return blocks
    ends = not any(line.strip() for line in lines[blocks[-1][1] :])
    return [block for block in blocks if (ends and block == blocks[-1]) or not _is_introduced(scan, block[0])]


def _is_introduced(scan: HeaderScan, start: int) -> bool:
    """Return whether the sender's own words with a colon stand directly above: `I get this:`."""
    above = next((line for line in scan.lines[max(start - 3, 0) : start][::-1] if line.strip()), "")
    return above.rstrip().endswith((":", "：")) and scan.above(start) == start


def _marked_blocks(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Return the runs of marked lines; empty lines between them belong to the run."""
    marked = [n for n, line in enumerate(lines) if line.startswith(_MARKED)]
    if not marked:
        return []
    breaks = [(one, other) for one, other in pairwise(marked) if any(line.strip() for line in lines[one + 1 : other])]
    starts = [marked[0], *(other for _, other in breaks)]
    ends = [*(one + 1 for one, _ in breaks), marked[-1] + 1]
    return list(zip(starts, ends, strict=True))


def _without_marked(scan: HeaderScan, blocks: Sequence[tuple[int, int]]) -> list[str]:
    """Drop blocks of `>` lines, and the line above each that introduces it (`Ann <ann@…>, 3 May:`)."""
    dropped: set[int] = set()
    for start, end in blocks:
        dropped.update(range(scan.above(start), end))
    return [line for n, line in enumerate(scan.lines) if n not in dropped]
