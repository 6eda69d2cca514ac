"""Tells from the styles of HTML mail whether a person sees a text: size, place, colours, clipping."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.mail.html.colours import Colour, colour_of, is_near, is_transparent
from ingest.mail.html.sheet import Declarations

_LENGTH = re.compile(r"(-?\d{0,7}\.?\d{1,6})\s*(px|pt|em|rem|ex|%|vw|vh|cm|mm|in)?")
_PIXELS = {"pt": 4 / 3, "em": 16.0, "rem": 16.0, "ex": 8.0, "cm": 37.8, "mm": 3.78, "in": 96.0, "vw": 8.0, "vh": 8.0}
_RELATIVE = ("em", "%", "ex")
_FAR = -200.0
_ALMOST_NOTHING = 1.0
_FAINT = 0.05
_TINY_PIXELS = 2.0


@dataclass(frozen=True, slots=True)
class Look:
    """How text looks at a place of the mail. A colour is None where it can't be told (a picture, a gradient).

    `quoted` is in how many quoted mails it stands.
    """

    removed: bool = False
    invisible: bool = False
    transparent: bool = False
    pixels: float = 16.0
    colour: Colour | None = (0, 0, 0)
    background: Colour | None = (255, 255, 255)
    quoted: int = 0

    @property
    def is_seen(self) -> bool:
        """Return whether a person sees text that looks like this."""
        if self.removed or self.invisible or self.transparent or self.pixels <= _TINY_PIXELS:
            return False
        if self.colour is None or self.background is None:
            return True
        return not is_near(self.colour, self.background)


def look_of(parent: Look, declared: Declarations) -> Look:
    """Return how text looks in an element with these declarations, within one that looks as `parent`."""
    if not declared:
        return parent
    colour, transparent = parent.colour, parent.transparent
    given = declared.get("-webkit-text-fill-color") or declared.get("color", "")
    if given and "inherit" not in given:
        colour, transparent = colour_of(given), is_transparent(given)
    return Look(
        removed=parent.removed or _is_removed(declared),
        invisible=_is_invisible(declared.get("visibility", ""), parent.invisible),
        transparent=transparent,
        pixels=_pixels(declared, parent.pixels),
        colour=colour,
        background=_background(declared, parent.background),
        quoted=parent.quoted,
    )


def _is_removed(declared: Declarations) -> bool:
    value = declared.get
    if value("display", "").startswith("none") or value("content-visibility", "").startswith("hidden"):
        return True
    if _number(value("opacity", "1")) <= _FAINT or "opacity(0" in value("filter", ""):
        return True
    return _is_closed_box(declared) or _is_clipped(declared) or _is_far_away(declared)


def _is_closed_box(declared: Declarations) -> bool:
    """Return whether a box has no height or no width and hides what does not fit."""
    overflow = declared.get("overflow", "") + declared.get("overflow-x", "") + declared.get("overflow-y", "")
    if not any(word in overflow for word in ("hidden", "clip", "scroll", "auto")):
        return False
    sizes = [declared[name] for name in ("height", "max-height", "width", "max-width") if name in declared]
    return any(_LENGTH.match(size) and _number(size) <= _ALMOST_NOTHING for size in sizes)


def _is_clipped(declared: Declarations) -> bool:
    clip = declared.get("clip", "")
    if clip.startswith("rect"):
        return all(abs(_number(one)) <= _ALMOST_NOTHING for one in re.findall(r"-?[\d.]+(?:px|em|pt|%)?", clip))
    path = declared.get("clip-path", "")
    inset = re.match(r"inset\(\s*([\d.]+)%", path)
    return bool(inset and float(inset[1].strip(".") or 0) >= 50) or path.startswith(
        ("circle(0", "ellipse(0", "polygon(0 0, 0 0")
    )


def _is_far_away(declared: Declarations) -> bool:
    moved = [declared.get("text-indent", "0"), declared.get("margin-left", "0"), declared.get("margin-top", "0")]
    if declared.get("position", "").startswith(("absolute", "fixed", "relative")):
        moved += [declared.get(side, "0") for side in ("left", "top", "right", "bottom")]
    if any(_number(one) <= _FAR for one in moved):
        return True
    transform = declared.get("transform", "")
    return re.match(r"scale[xy]?\(0(?:\.0+)?[,)]", transform) is not None or (
        "translate" in transform and any(float(one) <= _FAR for one in re.findall(r"-\d{1,7}", transform))
    )


def _is_invisible(value: str, inherited: bool) -> bool:
    if value.startswith(("hidden", "collapse")):
        return True
    return inherited and not value.startswith("visible")


def _pixels(declared: Declarations, inherited: float) -> float:
    size = declared.get("font-size", "")
    if not size and "font" in declared:
        shorthand = re.search(r"(?:^|\s)(-?[\d.]{1,8}(?:px|pt|em|rem|%)?)(?:/|\s)", declared["font"])
        size = shorthand[1] if shorthand else ""
    match = _LENGTH.match(size)
    if match is None:
        return 16.0 if size and size[0].isalpha() and "inherit" not in size else inherited
    number = float(match[1])
    if match[2] in _RELATIVE:
        return inherited * number / (100 if match[2] == "%" else 1)
    return number * _PIXELS.get(match[2] or "px", 1.0)


def _number(value: str) -> float:
    match = _LENGTH.match(value)
    return (
        float(match[1]) * _PIXELS.get(match[2] or "", 1.0)
        if match
        else 1_000.0
        if value and value[0].isalpha()
        else 0.0
    )


def _background(declared: Declarations, inherited: Colour | None) -> Colour | None:
    value = declared.get("background-color") or declared.get("background", "")
    picture = declared.get("background-image", "") + declared.get("background", "")
    if "url(" in picture or "gradient" in picture:
        return None
    if not value or is_transparent(value) or value.startswith(("none", "inherit", "initial")):
        return inherited
    return colour_of(value)
