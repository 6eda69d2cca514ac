"""Reads the colours of styles."""

from __future__ import annotations

import re

_HEX = re.compile(r"#([0-9a-f]{3,8})\b")
_CHANNELS = re.compile(r"rgba?\(\s*([\d.]+%?)[\s,]+([\d.]+%?)[\s,]+([\d.]+%?)(?:[\s,/]+([\d.]+%?))?")
_LIGHTNESS = re.compile(r"hsla?\(\s*[\d.]{1,8}[a-z]{0,4}[\s,]+(\d{1,3}(?:\.\d{1,4})?)%[\s,]+(\d{1,3}(?:\.\d{1,4})?)%")
_GREYISH = 20
_NAMED = {
    "white": (255, 255, 255), "black": (0, 0, 0), "snow": (255, 250, 250), "ivory": (255, 255, 240), "red": (255, 0, 0),
    "ghostwhite": (248, 248, 255), "whitesmoke": (245, 245, 245), "floralwhite": (255, 250, 240), "blue": (0, 0, 255),
    "green": (0, 128, 0), "gray": (128, 128, 128), "grey": (128, 128, 128), "navy": (0, 0, 128),
    "yellow": (255, 255, 0),
}  # fmt: skip
_FAINT = 0.05
_NEAR_COLOURS = 20

Colour = tuple[int, int, int]


def is_near(one: Colour, other: Colour) -> bool:
    """Return whether two colours are so alike that text in one can't be seen on the other."""
    return max(abs(first - second) for first, second in zip(one, other, strict=True)) <= _NEAR_COLOURS


def is_transparent(value: str) -> bool:
    """Return whether nothing of a colour is seen."""
    if value.startswith("transparent"):
        return True
    match = _CHANNELS.match(value)
    if match:
        return match[4] is not None and float(match[4].strip("%.") or 0) <= _FAINT
    digits = _HEX.match(value)
    return digits is not None and len(digits[1]) == 8 and digits[1].endswith("00")


def colour_of(value: str) -> Colour | None:
    """Return the colour that a declaration names; None for one that can't be told."""
    if match := _HEX.search(value):
        digits = match[1] if len(match[1]) >= 6 else "".join(char * 2 for char in match[1])
        return (int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16))
    if match := _CHANNELS.search(value):
        red, green, blue = (_channel(match[n]) for n in (1, 2, 3))
        return (red, green, blue)
    if match := _LIGHTNESS.search(value):
        level = min(int(float(match[2]) * 2.55), 255)
        return (level, level, level) if float(match[1]) < _GREYISH or level in (0, 255) else None
    return next((_NAMED[word] for word in value.replace("!", " ").split() if word in _NAMED), None)


def _channel(text: str) -> int:
    number = float(text.strip("%.") or 0) if text.count(".") < 2 else 0.0
    return min(int(number * 2.55 if text.endswith("%") else number), 255)
