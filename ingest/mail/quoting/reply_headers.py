"""Finds what a mail program wrote above quoted mail: a block of fields, a separator, or a line `On …, Ann wrote:`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.mail.quoting.layouts import LAYOUTS, Field, field_of, is_reply_marker, is_separator, key

_BLOCK_LINES = 14
_CONTINUED_LINES = 3
_LINE_LIMIT = 300
_ATTRIBUTION_LIMIT = 150
_WRAPPED_LINES = 4
_TIME = re.compile(r"(?<!\d)\d{1,2}\s?[:.h时時시点]\s?\d{2}(?!\d)")
_DATE = re.compile(r"(?<!\d)(?:(?:19|20)\d\d|\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d{2,4})(?!\d)")
_ADDRESS = re.compile(r"[^\s<>()\"]{1,64}@[^\s<>()\"]{2,190}")
_ENCLOSED = re.compile(r"[<(\[][^<>()\[\]\s]{1,64}@[^<>()\[\]\s]{2,190}[>)\]]")
_WORD = re.compile(r"[^\W\d_]+")
_MARKED = ">"


def header_length(lines: Sequence[str], at: int) -> int:
    """Return how many lines the header takes that begins at `at`; 0 where none begins.

    A block of fields names a sender, a date, and a recipient or a subject, in one language. A separator counts only
    above such fields, but `Reply above this line`, which desks write, by itself.
    """
    line = lines[at]
    if not line.strip() or line.startswith(_MARKED):
        return 0
    if is_reply_marker(line) or _is_ruled_introduction(line):
        return 1
    if is_separator(line) or _is_attributed_separator(line):
        return _below_separator(lines, at)
    return _block_length(lines, at) or _reply_line_length(lines, at) or _glued_length(line)


def is_field_like(line: str) -> bool:
    """Return whether a line is a field with a value, whatever its name."""
    field = field_of(line)
    return field is not None and bool(field.value) and len(field.name.split()) <= 3


def is_introduction(text: str) -> bool:
    """Return whether a text of at most three lines, joined, is a mail program's line with date, sender and a verb."""
    words = key(text.strip(" *_"))
    if len(words) > _LINE_LIMIT or not (_DATE.search(words) or _TIME.search(words)):
        return False
    ends, verb = words.endswith((":", "：")), _verb(words)
    if _ENCLOSED.search(words) and _TIME.search(words) and (ends or verb):
        return True
    if not verb or not (ends or words.endswith(verb)):
        return False
    if _ADDRESS.search(words):
        return True
    return _TIME.search(words) is not None and LAYOUTS.own_words.isdisjoint(_WORD.findall(words))


def _verb(words: str) -> str:
    """Return the verb that a reply line has at its end, or anywhere as a word of its own."""
    bare = words.rstrip(" :：")
    ending = next((verb for verb in LAYOUTS.reply_verbs if bare.endswith(verb)), "")
    within = (verb for verb in LAYOUTS.reply_verbs if f" {verb} " in words)
    return ending or next(within, "")


def _reply_line_length(lines: Sequence[str], at: int) -> int:
    """Return the lines of a reply line that begins at `at`: the fewest that end as one does and hold all of it."""
    for length in range(1, _WRAPPED_LINES + 1):
        part = lines[at : at + length]
        if len(part) < length or not part[-1].strip() or sum(map(len, part)) > _LINE_LIMIT:
            return 0
        if not _opens(part[0]):
            return 0
        if is_introduction(" ".join(part)):
            return length if _below(lines, at + length) or not _plain_date(" ".join(part)) else 0
    return 0


def _opens(line: str) -> bool:
    return (
        _DATE.search(line) is not None
        or _TIME.search(line) is not None
        or _ADDRESS.search(line) is not None
        or any(char.isdigit() for char in line)
    )


def _plain_date(text: str) -> bool:
    return _TIME.search(text) is None and _ADDRESS.search(text) is None


def _below(lines: Sequence[str], at: int) -> bool:
    following = next((line for line in lines[at : at + 3] if line.strip()), "")
    return following.startswith(_MARKED)


def _block_length(lines: Sequence[str], at: int) -> int:
    first = field_of(lines[at])
    if first is None or first.name not in LAYOUTS.field_names:
        return 0
    found, end, missed = [first], at + 1, 0
    for n in range(at + 1, min(at + _BLOCK_LINES, len(lines))):
        field = field_of(lines[n])
        if field is not None and field.name == first.name:
            if not missed and not _is_sender(first):
                return 0  # Somebody's own field above a program's block, which has one of this name too.
            break
        if field is not None and field.name in LAYOUTS.field_names:
            found, end, missed = [*found, field], n + 1, 0
            continue
        missed += 1
        if missed > _CONTINUED_LINES:
            break
    typed = lines[at].lstrip(" \t*_|")[:1].islower()
    return end - at if any(_speaks(found, names, typed=typed) for names in LAYOUTS.fields) else 0


def _is_sender(field: Field) -> bool:
    return any(names.get(field.name) == "from" for names in LAYOUTS.fields)


def _speaks(found: Sequence[Field], names: object, *, typed: bool) -> bool:
    """Return whether fields are a header in one language; `typed`: the first begins small, as no program writes it."""
    assert isinstance(names, dict)
    roles = {names[field.name]: field.value for field in reversed(found) if field.name in names and field.value}
    if "from" not in roles or "sent" not in roles or not roles.keys() & {"to", "subject"}:
        return False
    sent = roles["sent"]
    if "@" in roles["from"]:
        return not typed or any(char.isdigit() for char in sent)
    # A form that somebody filled in has a date, programs write the time too.
    return _TIME.search(sent) is not None and not _DATE.search(roles["from"])


def _is_attributed_separator(line: str) -> bool:
    """Return whether a line is `-----Ann <ann@…> wrote: -----`, as Notes writes it."""
    bare = line.strip()
    return (
        len(bare) <= _LINE_LIMIT and bare.startswith("--") and bare.endswith("--") and _ADDRESS.search(bare) is not None
    )


def _is_ruled_introduction(line: str) -> bool:
    """Return whether a line is `---- On Mon, 9 Mar 2026 …, Ann <ann@…> wrote ----`, as Zoho writes it."""
    bare = line.strip()
    return bare.startswith("--") and bare.endswith("--") and is_introduction(bare.strip("- "))


def is_attribution(line: str) -> bool:
    """Return whether a line is nothing but `Ann <ann@…>, 9 March 2026, 15:15`, as desks put above what they quote."""
    bare = line.strip(" *_|")
    if len(bare) > _ATTRIBUTION_LIMIT or not _ENCLOSED.search(bare) or bare.endswith((".", "?", "!")):
        return False
    return bool(_TIME.search(bare)) and LAYOUTS.own_words.isdisjoint(_WORD.findall(key(bare)))


def _below_separator(lines: Sequence[str], at: int) -> int:
    """Return the lines of a separator and the header below it."""
    for n in range(at + 1, min(at + 4, len(lines))):
        if not lines[n].strip():
            continue
        if is_separator(lines[n]):
            return 0
        length = _block_length(lines, n) or _reply_line_length(lines, n)
        return n + length - at if length else 0
    return 0


def _glued_length(line: str) -> int:
    """Return 1 for a separator and its fields on one line, as Samsung's program writes them in plain text."""
    bare = key(line[:_LINE_LIMIT].strip())
    if not bare.startswith("--"):
        return 0
    rest = next((bare.partition(one)[2] for one in LAYOUTS.separators if one in bare[:80]), "").lstrip("- ")
    for names in LAYOUTS.fields:
        roles = {role for name, role in names.items() if f"{name}:" in rest.replace(" :", ":")}
        if {"from", "sent"} <= roles and len(roles) > 2:
            return 1
    return 0
