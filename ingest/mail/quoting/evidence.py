"""Finds in a mail the words that we sent: compared without case, marks, wraps, punctuation and spaces."""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence

from ingest.mail.quoting.layouts import key

# A run of characters is ours where each piece of so many characters stands in what we sent. A wide character
# (Chinese, Japanese, Korean) says as much as several letters.
_PIECE = 8
_WIDE_PIECE = 4
_WIDE = "\u2e80"
_RUN = 20
_WIDE_WEIGHT = 3
_OURS_LIMIT = 120_000
_LINK = re.compile(r"<(?:https?:|mailto:)[^<>\s]{1,2000}>|\[(?:image|cid|bild): ?[^\[\]]{0,200}\]")
_SENTENCE = re.compile(r"[\n.!?。！？]+")


def sent_lines(lines: Sequence[str], ours: Sequence[str]) -> list[bool]:
    """Return for each line of a mail whether it is made of words that we sent (`ours`), whole.

    A line that is marked as quoted (`>`) may be as short as a sentence of ours; another is ours only as part of a run
    of some twenty letters. Lines without a letter or digit are nobody's.
    """
    pieces, sentences = _sent(ours)
    if not pieces and not sentences:
        return [False] * len(lines)
    streams = [stream(_LINK.sub(" ", line)) for line in lines]
    whole = "".join(streams)
    weights = _weights(whole, _covered(whole, pieces))
    found, at = [], 0
    for line, own in zip(lines, streams, strict=True):
        least = min(weights[at : at + len(own)], default=0)
        marked = line.startswith(">") and (least > 0 or own in sentences)
        found.append(bool(own) and (least >= _RUN or marked))
        at += len(own)
    return found


def stream(text: str) -> str:
    """Return a text's letters and digits alone, without case."""
    return "".join(char for char in key(text) if char.isalnum())


def _sent(ours: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    pieces: set[str] = set()
    sentences: set[str] = set()
    left = _OURS_LIMIT
    for text in reversed(ours):
        whole = stream(text[:left])
        left -= len(text[:left])
        pieces.update(whole[n : n + _PIECE] for n in range(len(whole) - _PIECE + 1))
        pieces.update(whole[n : n + _WIDE_PIECE] for n in range(len(whole) - _WIDE_PIECE + 1) if whole[n] >= _WIDE)
        sentences.update(stream(one) for one in _SENTENCE.split(text))
    return frozenset(pieces), frozenset(sentences - {""})


def _covered(whole: str, pieces: frozenset[str]) -> bytearray:
    covered = bytearray(len(whole))
    end = 0
    for n, char in enumerate(whole):
        length = _WIDE_PIECE if char >= _WIDE else _PIECE
        if whole[n : n + length] in pieces:
            start, end = max(n, end), max(n + length, end)
            covered[start:end] = b"\x01" * (end - start)
    return covered


def _weights(whole: str, covered: bytearray) -> array[int]:
    """Return for each character how long the covered run around it is; 0 outside of one."""
    weights = array("l", bytes(len(whole) * array("l").itemsize))
    start = 0
    while (start := covered.find(1, start)) >= 0:
        end = covered.find(0, start)
        end = len(whole) if end < 0 else end
        weight = sum(_WIDE_WEIGHT if char >= _WIDE else 1 for char in whole[start:end])
        weights[start:end] = array("l", [weight]) * (end - start)
        start = end
    return weights
