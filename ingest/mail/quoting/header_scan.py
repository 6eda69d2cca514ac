"""Looks for the headers of quoted mail around the lines of one mail; each line is looked at once."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.mail.quoting.layouts import is_reply_marker, is_separator
from ingest.mail.quoting.reply_headers import header_length, is_attribution, is_field_like, is_introduction

_HEADER_LINES = 16
_UNKNOWN_FIELDS = 3
_LINE_LIMIT = 300
_MARKED = ">"


class HeaderScan:
    """The headers in a mail's lines."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self._known: dict[int, int] = {}
        self._unknown: dict[int, int] = {}

    def length(self, at: int) -> int:
        """Return how many lines a header takes that begins at `at`, by the layouts that are known; 0 without one."""
        if at not in self._known:
            self._known[at] = header_length(self.lines, at)
        return self._known[at]

    def any_length(self, at: int) -> int:
        """Return the same for a header in whatever language: fields with a date, or `…, 9:12, <a@b>:`."""
        if length := self.length(at):
            return length
        if at not in self._unknown:
            self._unknown[at] = _unknown_length(self.lines, at)
        return self._unknown[at]

    def first(self, until: int) -> tuple[int, int] | None:
        """Return where the first known header above line `until` begins and ends."""
        return next(((at, at + self.length(at)) for at in range(until) if self.length(at)), None)

    def above(self, start: int) -> int:
        """Return where the header directly above a quotation begins; `start` where there is none."""
        end = start
        while end and start - end < _HEADER_LINES and not self.lines[end - 1].strip():
            end -= 1
        found = next((n for n in range(max(end - _HEADER_LINES, 0), end) if self._reaches(n, end)), end)
        if found == end:
            return start
        least = max(found - 3, 0)
        while found > least and (not self.lines[found - 1].strip() or _is_rule(self.lines[found - 1])):
            found -= 1
        return found

    def _reaches(self, at: int, end: int) -> bool:
        """Return whether a header begins at `at` and takes all lines up to `end`."""
        if not self.lines[at].strip() or self.lines[at].startswith(_MARKED):
            return False
        length = self.any_length(at)
        return length > 0 and not any(line.strip() for line in self.lines[at + length : end])


def _is_rule(line: str) -> bool:
    return is_separator(line) or is_reply_marker(line)


def _unknown_length(lines: Sequence[str], at: int) -> int:
    end = at
    while end < len(lines) and end - at < _HEADER_LINES and is_field_like(lines[end]):
        end += 1
    digits = any(char.isdigit() for line in lines[at:end] for char in line[:_LINE_LIMIT])
    if end - at >= _UNKNOWN_FIELDS and digits:
        return end - at
    if is_attribution(lines[at]):
        return 1
    for length in (1, 2, 3, 4):
        part = [line.strip() for line in lines[at : at + length]]
        joined = " ".join(part)
        if not all(part) or len(joined) > _LINE_LIMIT or not any(char.isdigit() for char in part[0]):
            return 0
        if joined.endswith((":", "：")) and ("@" in joined or is_introduction(joined)):
            return length
    return 0
