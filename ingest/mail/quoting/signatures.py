"""Cuts off a mail's signature, legal notice and banner. In doubt the text stays: a name too much does no harm."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.mail.quoting.contacts import (
    CONTACT_LINES,
    is_asked,
    is_contact,
    is_contact_block,
    is_number_line,
    is_sentence,
)
from ingest.mail.quoting.endings import (
    ENDINGS,
    is_banner,
    is_banner_rest,
    is_notice,
    is_sent_from,
    is_short_sign_off,
    is_sign_off,
)
from ingest.mail.quoting.layouts import key

_DELIMITER = re.compile(r"\*{0,2}(?:--|—|__) ?\*{0,2}")
_TAIL_LINES = 10
# `Ann Holm — warehouse`: one such line names the writer, several are a list.
_ROLE = re.compile(r"\w\.? +[-–—:=→] +\w|\w: +\w")


def without_signature(text: str) -> str:
    """Return `text` without the signature at its end, legal notices, banners and "Sent from my phone".

    A sign-off counts only if something stands above it and what follows is a short block of name, role, telephone and
    address. The text is made empty only where it is a signature below `-- ` and nothing else.
    """
    lines = _below_delimiter(text.strip().split("\n"))
    lines = _below_banner(lines)
    lines = _before_notices(lines)
    lines = _before_sent_from(lines)
    lines = _before_delimiter(lines)
    lines = _before_sent_from(lines)
    return "\n".join(_before_sign_off(lines)).strip()


def _below_delimiter(lines: list[str]) -> list[str]:
    """Drop a `-- ` at the top: below it stands a signature alone, or text that was written into one."""
    if len(lines) < 2 or not _DELIMITER.fullmatch(lines[0].strip()):
        return lines
    return [] if is_contact_block(lines[1:]) else lines[1:]


def _below_banner(lines: list[str]) -> list[str]:
    """Drop a gateway's banner at the top, if something stands below it."""
    at = next((n for n, line in enumerate(lines) if line.strip()), len(lines))
    if at == len(lines) or not is_banner(lines[at]):
        return lines
    at += 1
    while at < len(lines) and (not lines[at].strip() or is_banner(lines[at]) or is_banner_rest(lines[at])):
        at += 1
    return lines[at:] if at < len(lines) else lines


def _before_notices(lines: list[str]) -> list[str]:
    """Drop the paragraphs at the end that are legal notices, if something stands above them."""
    end = len(lines)
    first = next((n for n, line in enumerate(lines) if line.strip()), end)
    while True:
        stop = _trimmed(lines, end)
        start = next((n + 1 for n in range(stop - 1, -1, -1) if not lines[n].strip()), 0)
        if start <= first or not is_notice("\n".join(lines[start:stop])):
            return lines[:stop]
        end = start


def _before_sent_from(lines: list[str]) -> list[str]:
    """Cut at a line `Sent from my phone` near the end, or at such words glued to the last sentence."""
    written = 0
    for at in range(len(lines) - 1, max(len(lines) - _TAIL_LINES, 0), -1):
        if is_sent_from(lines[at].strip()) and _written(lines[:at]) and is_contact_block(lines[at + 1 :]):
            return lines[:at]
        written += bool(lines[at].strip())
    return [*lines[:-1], _unglued(lines[-1])] if lines else lines


def _unglued(line: str) -> str:
    for end in range(len(line) - 1, max(len(line) - 80, 0), -1):
        if line[end - 1] in ".!?" and line[end] not in " .!?" and is_sent_from(line[end:]):
            return line[:end]
    return line


def _before_delimiter(lines: list[str]) -> list[str]:
    """Cut at the last `-- ` if what follows is a signature and no text."""
    at = next((n for n in range(len(lines) - 1, 0, -1) if _DELIMITER.fullmatch(lines[n].strip())), len(lines))
    below = [line for line in lines[at + 1 :] if line.strip()]
    if at == len(lines) or not _written(lines[:at]) or len(below) > CONTACT_LINES:
        return lines
    return lines if any(is_sentence(line) or is_asked(line) for line in below) else lines[:at]


def _before_sign_off(lines: list[str]) -> list[str]:
    """Cut at the sign-off that only contact lines follow; of several in a row (`Thanks,` `Regards,`) at the first."""
    found = len(lines)
    for at in range(len(lines) - 1, 0, -1):
        if not lines[at].strip():
            continue
        if _is_sign_off_at(lines, at) and _is_signature(lines, at + 1, found):
            found = at
        elif found < len(lines) or not is_contact(lines[at]) or _written(lines[at:]) > CONTACT_LINES:
            break
    return lines[:found] if _written(lines[:found]) else lines


def _is_sign_off_at(lines: Sequence[str], at: int) -> bool:
    line = lines[at].strip()
    if not is_sign_off(line) or _is_listed(lines, at):
        return False
    above = lines[at - 1].rstrip()
    return not is_short_sign_off(line) or not above or above.endswith((".", "!", "?", "。", "！", "？"))


def _is_listed(lines: Sequence[str], at: int) -> bool:
    """Return whether the line is an item below `…:` in its own paragraph."""
    start = at
    while start and lines[start - 1].strip() and at - start < _TAIL_LINES:
        start -= 1
    return start < at and any(line.rstrip().endswith((":", "：")) for line in lines[start:at])


def _is_signature(lines: Sequence[str], start: int, found: int) -> bool:
    """Return whether what stands below a sign-off is a signature; a sign-off below, at `found`, was one already."""
    below = [line for line in lines[start:found] if line.strip()]
    if not is_contact_block(below):
        return False
    cues = set(key(" ".join(line for line in lines[max(start - _TAIL_LINES, 0) : start])).replace(":", " ").split())
    if sum(_ROLE.search(line) is not None for line in below) > 1:
        return False
    return len(below) < 2 or cues.isdisjoint(ENDINGS.list_cues) or any(is_number_line(line) for line in below)


def _written(lines: Sequence[str]) -> int:
    return sum(bool(line.strip()) for line in lines)


def _trimmed(lines: Sequence[str], end: int) -> int:
    while end and not lines[end - 1].strip():
        end -= 1
    return end
