"""Words and lines with which mails begin and end, in many languages (endings.toml)."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from ingest.mail.quoting.layouts import key

_LINK = re.compile(r"<[^<>\s]{1,500}>|https?://\S{1,500}")
_WORD = re.compile(r"[^\s,.;:!?\"“”«»()\[\]*_–—־-]+")
_SENTENCE_END = re.compile(r"[.!?。！？]+(?:\s+|$)")
_SENT_LIMIT = 120
_SENT_WORDS = 12
_PARAGRAPH_LIMIT = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Endings:
    """What endings.toml says, each text as `key` gives it, the longest first."""

    sign_offs: tuple[str, ...]
    sign_off_anchors: tuple[str, ...]
    sign_off_words: tuple[str, ...]
    short_sign_offs: tuple[str, ...]
    abbreviations: tuple[str, ...]
    contact_fields: tuple[str, ...]
    street_words: tuple[str, ...]
    street_endings: tuple[str, ...]
    list_cues: tuple[str, ...]
    sent_verbs: tuple[str, ...]
    sent_devices: tuple[str, ...]
    sent_fillers: tuple[str, ...]
    notice_openers: tuple[str, ...]
    notice_terms: tuple[str, ...]
    banner_tags: tuple[str, ...]
    banner_tips: tuple[str, ...]
    banner_openers: tuple[str, ...]
    banner_mails: tuple[str, ...]
    banner_outsides: tuple[str, ...]
    banner_sentences: tuple[str, ...]


def _read() -> Endings:
    data: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("endings.toml").read_text())
    assert data.keys() == {field.name for field in fields(Endings)}
    return Endings(
        **{name: tuple(sorted({key(one) for one in texts}, key=len, reverse=True)) for name, texts in data.items()}
    )


ENDINGS = _read()
_SIGN_OFFS = frozenset(ENDINGS.sign_offs)
_SIGN_OFF_ANCHORS = frozenset(ENDINGS.sign_off_anchors)
_SIGN_OFF_WORDS = _SIGN_OFF_ANCHORS | frozenset(ENDINGS.sign_off_words)
_SENT_WORDS_KNOWN = frozenset((*ENDINGS.sent_verbs, *ENDINGS.sent_fillers))
_SENT_VERBS = frozenset(ENDINGS.sent_verbs)
# Endings are glued to the names of devices: `iPhonesta`, `iPhone'a`, `iPhonu`.
_DEVICE = re.compile(
    "(?:" + "|".join(re.escape(device) for device in ENDINGS.sent_devices) + r")(?:['’]?[a-zà-žа-яё]{0,6})?"
)
_GLUED = re.compile("|".join(re.escape(word) for word in sorted(_SENT_WORDS_KNOWN, key=len, reverse=True)))
_UNSPACED = "\u0590"
_BANNER_TAGS = frozenset(ENDINGS.banner_tags)


def is_sign_off(line: str) -> bool:
    """Return whether a line is nothing but a sign-off: `Many thanks and best regards,`."""
    if len(line) > 100:
        return False
    bare = key(line).strip(" ,.!;:-–—*。！，、🙂😊🙏")
    words = bare.replace(",", " ").split()
    if not words or len(words) > 12:
        return False
    return bare in _SIGN_OFFS or (_SIGN_OFF_WORDS.issuperset(words) and not _SIGN_OFF_ANCHORS.isdisjoint(words))


def is_short_sign_off(line: str) -> bool:
    """Return whether a sign-off is so short that it stands for something else too."""
    return key(line).strip(" ,.!") in ENDINGS.short_sign_offs


def is_sent_from(line: str) -> bool:
    """Return whether a line is nothing but `Sent from my iPhone` in some language; a link may follow."""
    if len(line) > 700:
        return False
    bare = key(_LINK.sub(" ", line)).strip(" *_.-–—")
    if not bare or len(bare) > _SENT_LIMIT:
        return False
    words = _WORD.findall(_DEVICE.sub(" ", bare))
    if not _DEVICE.search(bare) or len(words) > _SENT_WORDS:
        return False
    known = all(_is_sent_word(word) for word in words)
    return known and any(
        word in _SENT_VERBS or (word[-1] >= _UNSPACED and _has(word, ENDINGS.sent_verbs)) for word in words
    )


def _is_sent_word(word: str) -> bool:
    """Return whether a word belongs to such lines; in scripts without spaces several are glued together."""
    if word in _SENT_WORDS_KNOWN or any(char.isdigit() for char in word):
        return True
    return any(char >= _UNSPACED for char in word) and not _GLUED.sub("", word)


def is_notice(paragraph: str) -> bool:
    """Return whether a paragraph is a legal notice and nothing else: each of its sentences speaks like one."""
    if len(paragraph) > _PARAGRAPH_LIMIT:
        return False
    words = key(" ".join(paragraph.split()).replace("’", "'")).strip(" *_-–—#|")
    if not words.startswith(ENDINGS.notice_openers):
        return False
    sentences = _sentences(words)
    speaking = [sentence for sentence in sentences if _has(sentence, ENDINGS.notice_terms)]
    heading = len(sentences) > 1 and len(sentences[0].split()) <= 3
    return bool(speaking) and len(speaking) >= len(sentences) - heading


def is_banner(line: str) -> bool:
    """Return whether a line is what a gateway puts above mail from outside: a tag, or a sentence that says so."""
    words = key(" ".join(line[:_PARAGRAPH_LIMIT].replace("’", "'").split())).strip()
    bare = words.strip(" *_[](){}<>:!#-–—⚠️|=")
    opener, _, rest = bare.partition(":")
    if bare in _BANNER_TAGS or (opener.strip() in ENDINGS.banner_openers and rest.strip(" *_[]!.") in _BANNER_TAGS):
        return words != bare or bare.count(" ") > 0
    if bare.startswith(ENDINGS.banner_tips) and "@" in bare:
        return True
    sentences = _sentences(words)
    if not sentences or not any(_says_outside(sentence) for sentence in sentences):
        return False
    return all(_says_outside(one) or _is_warning(one) for one in sentences)


def is_banner_rest(line: str) -> bool:
    """Return whether a line goes on with a banner's warning: links, attachments, the sender."""
    words = key(" ".join(line[:_PARAGRAPH_LIMIT].split()))
    sentences = _sentences(words)
    return bool(sentences) and "?" not in words and all(_is_warning(one) for one in sentences)


def _says_outside(sentence: str) -> bool:
    bare = sentence.strip(" *_[](){}<>:!#-–—⚠️|=")
    opened = bare.startswith(ENDINGS.banner_openers) or bare.startswith(ENDINGS.banner_mails)
    return opened and len(bare) <= 300 and _has(bare, ENDINGS.banner_mails) and _has(bare, ENDINGS.banner_outsides)


def _is_warning(sentence: str) -> bool:
    bare = sentence.strip(" *_[](){}<>:!#-–—⚠️|=")
    return bare in ENDINGS.banner_openers or not bare or sum(term in bare for term in ENDINGS.banner_sentences) >= 2


def _sentences(words: str) -> list[str]:
    return [one for one in _SENTENCE_END.split(words) if one.strip(" *_[](){}<>:!#-–—⚠️|=")]


def _has(text: str, terms: tuple[str, ...]) -> bool:
    return any(term in text for term in terms)
