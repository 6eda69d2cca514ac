"""Counts the patterns of each channel's tickets and writes them down as Markdown."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from evaluation.discovery.patterns import PATTERNS, Pattern, Ticket, words

CHANNELS = {"email": "E-mail", "whatsapp": "WhatsApp", "web_form": "Web form"}
LEAST_SHARE = 0.25
"""A pattern of a channel: shown by at least two of its tickets, by so many of them"""
LEAST_RATIO = 1.5
"""or so many times as often as elsewhere."""
EXAMPLES = 3
_HEAD = f"""# Discovery log

What the {{tickets}} sample tickets (`context/sample-tickets.json`) show about each channel, and what the product does
because of it. Made by `python -m evaluation.discovery docs/discovery-log.md`; a test holds it current. A pattern of a
channel is shown by at least two of its tickets, and by {LEAST_SHARE:.0%} of them or {LEAST_RATIO:g} times as often as
elsewhere. The tickets have one author: they show what was thought of, not what customers will do, which
`nightdesk kb gaps` and the digest tell.
"""
_FILE = re.compile(r"`([\w./-]+/[\w.-]+\.\w+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A pattern of a channel: which of its tickets show it, and its share here and in the other channels."""

    pattern: Pattern
    ids: tuple[str, ...]
    share: float
    elsewhere: float


def load(path: Path) -> list[Ticket]:
    """Read context/sample-tickets.json."""
    rows: list[Ticket] = json.loads(path.read_text(encoding="utf-8"))
    return rows


def findings(tickets: Sequence[Ticket], channel: str) -> list[Finding]:
    """Return the patterns of a channel, those first that set it apart most."""
    found = [_finding(pattern, tickets, channel) for pattern in PATTERNS]
    return sorted((one for one in found if _holds(one)), key=lambda one: one.elsewhere - one.share)


def text(tickets: Sequence[Ticket]) -> str:
    """Return the log as Markdown."""
    return "\n".join(
        [_HEAD.format(tickets=len(tickets)), *(line for one in CHANNELS for line in _section(tickets, one))]
    )


def _section(tickets: Sequence[Ticket], channel: str) -> Iterator[str]:
    own = _of(tickets, channel)
    lengths = sorted(words(ticket) for ticket in own)
    topics = {topic for ticket in own for topic in ticket["expected"]["topics"]}
    yield f"## {CHANNELS[channel]}"
    yield ""
    yield f"{len(own)} tickets of {lengths[0]} to {lengths[-1]} words, {median(lengths):g} in the middle."
    yield f"Expected: {_counted(ticket['expected']['reason'] or 'answered' for ticket in own)}."
    yield f"By category: {_counted(ticket['category'] for ticket in own)}."
    yield f"{len(topics)} topics of the documents are asked for."
    yield ""
    yield "| pattern | here | elsewhere | for instance | so |"
    yield "|---|---|---|---|---|"
    for one in findings(tickets, channel):
        shown = ", ".join(one.ids[:EXAMPLES])
        yield f"| {one.pattern.says} | {one.share:.0%} | {one.elsewhere:.0%} | {shown} | {_linked(one.pattern.so)} |"
    yield ""


def _finding(pattern: Pattern, tickets: Sequence[Ticket], channel: str) -> Finding:
    shown = [ticket for ticket in tickets if pattern.shown_by(ticket)]
    own = _of(shown, channel)
    here = len(_of(tickets, channel))
    return Finding(
        pattern=pattern,
        ids=tuple(ticket["id"] for ticket in own),
        share=len(own) / here,
        elsewhere=(len(shown) - len(own)) / (len(tickets) - here),
    )


def _holds(one: Finding) -> bool:
    return len(one.ids) > 1 and (one.share >= LEAST_SHARE or one.share >= LEAST_RATIO * one.elsewhere)


def _of(tickets: Sequence[Ticket], channel: str) -> list[Ticket]:
    return [ticket for ticket in tickets if ticket["channel"] == channel]


def _counted(names: Iterable[str]) -> str:
    counted = Counter(names)
    return ", ".join(f"{name} {counted[name]}" for name in sorted(counted, key=lambda name: (-counted[name], name)))


def _linked(sentence: str) -> str:
    return _FILE.sub(r"[\1](../\1)", sentence)
