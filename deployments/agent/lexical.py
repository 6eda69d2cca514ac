"""Words as they are compared: which of them carry content, and what of them survives inflection."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:[-'’.+][^\W_]+)*")
_STOP = frozenset(
    _WORD.findall(
        """
        a about after again all also am an and any are as at be because been before being but by can cannot could did
        do does doing done down each else for from get gets getting give go got had has have having he her here hers
        him his how i if in into is it its itself just know let like made make makes many may me might mine more most
        much must my need needs no nor not now of off on once one only or other our ours out over own per please same
        see shall she should show so some such take takes tell than that the their theirs them themselves then there
        these they thing things this those through to too try under until up us use used uses using very via want
        wants was way we were what when where whether which while who whom whose why will with without would yes yet
        you your yours yourself don doesn didn isn aren wasn weren won wouldn couldn shouldn hasn haven hadn im ive id
        ill youre dont doesnt cant isnt hi hello hey dear thanks thank regards kind best sincerely faithfully team
        support techcorp platform
        """
    )
)
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "ed", "es", "s", "ly", "e", "y")


def words(text: str) -> list[str]:
    """Return the words in order, lower case, inner hyphens, dots and apostrophes kept."""
    return [word.lower() for word in _WORD.findall(text)]


def content(text: str) -> list[str]:
    """Return the stems of the words that carry content, in order."""
    return [stem(word) for word in words(text) if word not in _STOP]


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Cut the commonest English endings, so that 'resets', 'resetting' and 'reset' meet; codes stay as they are."""
    if not word.isalpha() or len(word) < 4:
        return word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word
