"""The mood of a message in a language that the sentiment head was not trained on, by signs that were measured.

Signs are words (`embeddings/data/moods/signs.toml`), shouting and angry emoji. Where there are none, or where they
contradict each other, the mood is unknown. Measured by `python -m embeddings.workbench.moods`.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SIGNS = Path(__file__).parent / "data" / "moods" / "signs.toml"
FURIOUS, PLEASED = 0.2, 0.8
"""The scores of a message with signs: below the bound of a hand-over, and well above neutral."""
ENOUGH = 2
"""Points from which a message is furious: one sign of fury, or two weaker ones."""

_READ_CHARACTERS = 4000
_ANGRY_EMOJI = re.compile("[\U0001f621\U0001f92c\U0001f624\U0001f620\U0001f595\U0001f4a9]")
_SHOUT = re.compile(r"[!?¡]{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """A language's signs, as patterns over `folded` text."""

    fury: re.Pattern[str]
    anger: re.Pattern[str]
    pleased: re.Pattern[str]


def languages() -> frozenset[str]:
    """Return the ISO 639-1 codes of the languages whose signs are known."""
    return frozenset(_signs())


def mood(text: str, language: str) -> float | None:
    """Return FURIOUS or PLEASED, None where the signs of `language` say neither, or where none are known."""
    signs = _signs().get(language)
    if signs is None:
        return None
    text = text[:_READ_CHARACTERS]
    points = _points(text, signs)
    if points >= ENOUGH:
        return FURIOUS
    return PLEASED if points == 0 and signs.pleased.search(folded(text)) else None


def folded(text: str) -> str:
    """Return a text in small letters without accents, as people also type it."""
    text = text.casefold().replace("ı", "i").replace("ł", "l").replace("ø", "o").replace("’", "'")
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _points(text: str, signs: Signs) -> int:
    plain = folded(text)
    if signs.fury.search(plain) or _ANGRY_EMOJI.search(text):
        return ENOUGH
    weak = len({match.group() for match in signs.anger.finditer(plain)})
    return weak + (1 if weak and (_SHOUT.search(text) or _in_capitals(text)) else 0)


def _in_capitals(text: str) -> bool:
    words = re.findall(r"[^\W\d_]{3,}", text)
    return len(words) >= 3 and sum(word.isupper() for word in words) >= len(words) * 0.7


@cache
def _signs(path: Path = SIGNS) -> Mapping[str, Signs]:
    stored = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        language: Signs(
            fury=_pattern(lists["fury"]),
            anger=_pattern(lists["anger"]),
            pleased=_pattern(lists["pleased"], denied_by=lists["not"]),
        )
        for language, lists in stored.items()
    }


def _pattern(phrases: Sequence[str], *, denied_by: Sequence[str] = ()) -> re.Pattern[str]:
    """Return a pattern that finds one of the phrases as whole words, and not behind a word that denies it."""
    any_of = "|".join(sorted(map(_phrase, phrases), key=len, reverse=True))
    behind = "".join(rf"(?<!\b{re.escape(folded(word))} )" for word in denied_by)
    return re.compile(rf"{behind}(?<!\w)(?:{any_of})(?!\w)")


def _phrase(phrase: str) -> str:
    return re.escape(folded(phrase)).replace(r"\*", r"\w*").replace(r"\ ", r"\s+")
