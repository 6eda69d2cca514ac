"""Reads styles of HTML mail as far as they decide whether a person sees a text: size, place, colours, clipping."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from ingest.mail.html.colours import Colour, colour_of, is_near, is_transparent

Declarations = dict[str, str]

_STYLES_LIMIT = 60_000
_RULES_LIMIT = 500
_COMPARED_LIMIT = 300_000
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SIMPLE = re.compile(r"([\w*]*)((?:[.#][\w-]+){0,4})")
_DECLARATION = re.compile(r"([a-z-]{1,40})\s*:\s*([^;]{1,300})", re.IGNORECASE)
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


@dataclass(slots=True)
class Sheet:
    """The rules of a mail's `<style>` elements by tag, `.class` or `#id`; those that count more come last."""

    rules: dict[str, dict[frozenset[str], Declarations]] = field(default_factory=lambda: defaultdict(dict))
    compared: int = 0

    def add(self, css: str) -> None:
        """Read a style sheet; rules within `@media` and selectors that look at other elements are left out."""
        for selectors, body in _rules(_COMMENT.sub(" ", css[:_STYLES_LIMIT])):
            declared = declarations(body)
            for selector in selectors.split(",") if declared else ():
                match = _SIMPLE.fullmatch(selector.strip().lower())
                if match:
                    parts = [part for part in (match[1].strip("*"), *re.findall(r"[.#][\w-]+", match[2])) if part]
                    rules = self.rules[parts[-1] if parts else "*"]
                    rules[frozenset(parts)] = rules.get(frozenset(parts), {}) | declared

    def of(self, tag: str, attributes: Mapping[str, str | None]) -> Declarations:
        """Return what the rules and the element's own style declare for an element."""
        own = declarations(attributes.get("style") or "")
        if not self.rules or self.compared > _COMPARED_LIMIT:
            return own
        names = {tag, *(f".{one}" for one in (attributes.get("class") or "").lower().split()[:20])}
        if attributes.get("id"):
            names.add(f"#{(attributes['id'] or '').lower()}")
        found: Declarations = {}
        for name in ("*", *sorted(names, key=lambda one: (one[0] == "#", one[0] == "."))):
            rules = self.rules.get(name, {})
            self.compared += len(rules)
            for needed, declared in rules.items():
                if needed <= names:
                    found |= declared
        forced = {name: value for name, value in found.items() if "!important" in value}
        return found | own | forced


def declarations(style: str) -> Declarations:
    """Read `name: value; …`; both in lower case."""
    if ":" not in style:
        return {}
    return {match[1].lower(): match[2].strip().lower() for match in _DECLARATION.finditer(style[:4_000])}


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


def _rules(css: str) -> list[tuple[str, str]]:
    """Split a sheet at its braces; what stands within `@…{ }` is left out."""
    found: list[tuple[str, str]] = []
    depth, selector = 0, ""
    for piece in re.split(r"(?<=[{}])", css)[: 4 * _RULES_LIMIT]:
        text, mark = piece[:-1], piece[-1:]
        if mark == "{":
            depth, selector = depth + 1, selector if depth else text.strip()
        elif mark == "}":
            if depth == 1 and not selector.startswith("@"):
                found.append((selector.rpartition(";")[2], text))
            depth = max(depth - 1, 0)
    return found


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
