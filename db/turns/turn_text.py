"""How much of a turn's text is analysed and decided on; the store keeps all of it, for people."""

from __future__ import annotations

from collections.abc import Sequence

TURN_CHARACTERS = 8_000
"""Of all messages of a turn together. They take up to 0.7 s of a processor to analyse, an ordinary question 0.02 s."""
GAP = "\n[…]\n"


def bounded(contents: Sequence[str], limit: int = TURN_CHARACTERS) -> list[str]:
    """Return a turn's messages, shortened to `limit` characters together: the short ones whole, the long ones alike."""
    left, share = limit, limit
    for place, content in enumerate(sorted(contents, key=len)):
        share = left // (len(contents) - place)
        if len(content) > share:
            break
        left -= len(content)
    else:
        return list(contents)
    return [_shortened(content, share) for content in contents]


def _shortened(content: str, limit: int) -> str:
    """Keep the beginning and the end, where people say what they want; the middle is what they paste."""
    if len(content) <= limit:
        return content
    kept = max(limit - len(GAP), 0)
    end = kept // 4
    return content[: kept - end] + GAP + content[len(content) - end :]
