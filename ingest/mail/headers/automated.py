"""Recognises mail that no person wrote to us (RFC 3834). It is never answered, so that two machines can't loop.

What machines and people's programs both write leaves a doubt: such mail is a person's, but gets no automatic word.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Every mail that we send carries it; a mail that comes in with it is an echo of ours.
OUTBOX_HEADER = "X-Nightdesk-Outbox-Id"

_DATA: Mapping[str, list[str]] = tomllib.loads(Path(__file__).with_name("robots.toml").read_text())
_AUTO_REPLY_HEADERS = frozenset(_DATA["auto_reply_headers"])
_LIST_HEADERS = frozenset(_DATA["list_headers"])
_REDIRECT_HEADERS = frozenset(_DATA["redirect_headers"])
_CAMPAIGN_HEADERS = frozenset(_DATA["campaign_headers"])
_AUTO_SUBJECTS = tuple(_DATA["auto_subjects"])
_NO_REPLY_NAMES = frozenset(_DATA["no_reply_names"])
_ROBOT_NAMES = frozenset(_DATA["robot_names"])
_REPORTS = frozenset({
    "multipart/report", "message/delivery-status", "message/disposition-notification", "message/feedback-report",
})  # fmt: skip
_COMMENT = re.compile(r"\([^()]*+\)")
_LETTERS = re.compile(r"[^\W\d_]+")
_TAGS = re.compile(r"(?:\s*\[[^\]]{0,60}\])*\s*")
_TAG_OF_NAME = re.compile(r"[-+=._]")
_NAME_WORDS = 5
_TEXT_LIMIT = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What of a mail tells people from machines.

    `headers` are (name, value), `sender`, `our_addresses` and `our_groups` are normalised. `part_types` are the content
    types of all parts, `calendar_reply` says that it answers an invitation, `text` what the sender wrote.
    """

    headers: Sequence[tuple[str, str]]
    sender: str
    content_type: str
    our_addresses: Collection[str] = ()
    our_groups: Collection[str] = ()
    subject: str = ""
    text: str = ""
    is_reply: bool = False
    is_reaction: bool = False
    calendar_reply: bool = False
    part_types: Collection[str] = field(default=())


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a mail must not be answered (`automated`), or only by a person (`doubtful`); both None for a person's."""

    automated: str | None = None
    doubtful: str | None = None


def judge(signs: Signs) -> Verdict:
    """Return whether a machine wrote a mail, a person, or whichever of the two.

    The reasons, the first that applies: `our_header`, `reaction`, `auto_submitted`, `null_return_path`, `report`,
    `mailing_list`, `precedence`, `auto_reply_header`, `our_address`, `robot_sender`, `auto_reply_subject`,
    `calendar_reply`. Doubtful are `mailing_list`, `precedence` and `redirected`. `X-Auto-Response-Suppress` proves
    nothing: Exchange puts it on people's mail.
    """
    found = [(name.strip().lower(), _COMMENT.sub("", value[:1_000]).strip().lower()) for name, value in signs.headers]
    early = _by_headers(signs, found)
    if early is not None:
        return Verdict(early)
    doubt = _bulk(found)
    if doubt and _is_our_group(found, signs):
        doubt = None
    elif doubt and _is_machines_bulk(found, signs):
        return Verdict(doubt)
    late = _by_sender(signs, found)
    if late is not None:
        return Verdict(late)
    if doubt and signs.is_reply and doubt == "mailing_list" and not _has(found, "list-id"):
        doubt = None
    return Verdict(None, doubt or _redirected(found))


def automated_reason(
    headers: Sequence[tuple[str, str]], *, sender: str, content_type: str, our_addresses: Collection[str]
) -> str | None:
    """Return why a mail must not be answered, by its headers alone; None where a person may have written it."""
    signs = Signs(headers=headers, sender=sender, content_type=content_type, our_addresses=our_addresses)
    return judge(signs).automated


def _by_headers(signs: Signs, found: list[tuple[str, str]]) -> str | None:
    if _has(found, OUTBOX_HEADER.lower()):
        return "our_header"
    if signs.is_reaction:
        return "reaction"
    submitted = [_first_word(value) for name, value in found if name == "auto-submitted"]
    if any(word != "no" and not _is_passed_on(word, found) for word in submitted):
        return "auto_submitted"
    if ("return-path", "<>") in [(name, value.replace(" ", "")) for name, value in found]:
        return "null_return_path"
    return "report" if signs.content_type in _REPORTS or _REPORTS.intersection(signs.part_types) else None


def _is_passed_on(word: str, found: list[tuple[str, str]]) -> bool:
    """Return whether `Auto-Submitted` speaks of the rule that passed a person's mail on."""
    return word == "auto-forwarded" or (word == "auto-generated" and _redirected(found) is not None)


def _by_sender(signs: Signs, found: list[tuple[str, str]]) -> str | None:
    if any(name in _AUTO_REPLY_HEADERS and _first_word(value) not in ("no", "false", "") for name, value in found):
        return "auto_reply_header"
    if any(name == "delivered-to" and value == "autoresponder" for name, value in found):
        return "auto_reply_header"
    if signs.sender in signs.our_addresses:
        return "our_address"
    if _is_robot_name(signs.sender.rpartition("@")[0]):
        return "robot_sender"
    if signs.is_reply and _is_auto_subject(signs.subject):
        return "auto_reply_subject"
    return "calendar_reply" if signs.calendar_reply and not _has_own_words(signs.text) else None


def _bulk(found: list[tuple[str, str]]) -> str | None:
    if any(name in _LIST_HEADERS for name, _ in found):
        return "mailing_list"
    precedences = [_first_word(value) for name, value in found if name == "precedence"]
    return (
        "precedence"
        if any(word in _DATA["bulk_precedences"] or word in _DATA["reply_precedences"] for word in precedences)
        else None
    )


def _is_machines_bulk(found: list[tuple[str, str]], signs: Signs) -> bool:
    """Return whether something beside the headers of a list shows that a machine wrote: a campaign, or its words."""
    if signs.is_reply and not _is_auto_subject(signs.subject):
        return False
    if any(name == "precedence" and _first_word(value) in _DATA["reply_precedences"] for name, value in found):
        return True
    words = signs.text[:_TEXT_LIMIT].lower()
    leaving = _has(found, "list-unsubscribe") and any(
        one in words[len(words) * 2 // 3 :] for one in _DATA["leave_texts"]
    )
    campaign = any(name in _CAMPAIGN_HEADERS for name, _ in found)
    absent = any(one in words for one in _DATA["absence_texts"])
    return campaign or leaving or absent or _is_auto_subject(signs.subject)


def _is_our_group(found: list[tuple[str, str]], signs: Signs) -> bool:
    """Return whether the list is a Google Group of ours, by its List-ID: it hands people's mail on to us."""
    ours = {address.replace("@", ".") for address in (*signs.our_addresses, *signs.our_groups)}
    ids = [value.rpartition("<")[2].strip("<> ") for name, value in found if name == "list-id"]
    return bool(ids) and all(one in ours for one in ids)


def _redirected(found: list[tuple[str, str]]) -> str | None:
    return "redirected" if any(name in _REDIRECT_HEADERS for name, _ in found) else None


def _is_robot_name(local_part: str) -> bool:
    decomposed = unicodedata.normalize("NFKD", local_part[:200].lower())
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    words = _LETTERS.findall(plain)[:20]
    whole = "".join(_LETTERS.findall(_TAG_OF_NAME.split(plain, maxsplit=1)[0]))
    if whole in _ROBOT_NAMES or "".join(words) in _ROBOT_NAMES or "".join(words[:2]) in _ROBOT_NAMES:
        return True
    runs = ("".join(words[n : n + length]) for n in range(len(words)) for length in range(1, _NAME_WORDS + 1))
    return not _NO_REPLY_NAMES.isdisjoint(runs)


def _is_auto_subject(subject: str) -> bool:
    bare = subject[:300].lower()
    return bare[_end_of_tags(bare) :].startswith(_AUTO_SUBJECTS)


def _end_of_tags(subject: str) -> int:
    match = _TAGS.match(subject)
    return match.end() if match else 0


def _has_own_words(text: str) -> bool:
    """Return whether a calendar's answer says more than what the calendar wrote."""
    words = text[:_TEXT_LIMIT].lower()
    return bool(words.strip()) and not any(line in words for line in _DATA["calendar_lines"])


def _has(found: list[tuple[str, str]], wanted: str) -> bool:
    return any(name == wanted for name, _ in found)


def _first_word(value: str) -> str:
    return value.partition(";")[0].strip().strip('"')
