"""Reads style sheets and `style` attributes of HTML mail into what they declare for an element."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

Declarations = dict[str, str]

_STYLES_LIMIT = 60_000
_RULES_LIMIT = 500
_COMPARED_LIMIT = 300_000
_SIMPLE = re.compile(r"([\w*]*)((?:[.#][\w-]+){0,4})")
_DECLARATION = re.compile(r"([a-z-]{1,40})\s*:\s*([^;]{1,300})", re.IGNORECASE)


@dataclass(slots=True)
class Sheet:
    """The rules of a mail's `<style>` elements by tag, `.class` or `#id`; those that count more come last."""

    rules: dict[str, dict[frozenset[str], Declarations]] = field(default_factory=lambda: defaultdict(dict))
    compared: int = 0

    def add(self, css: str) -> None:
        """Read a style sheet; rules within `@media` and selectors that look at other elements are left out."""
        for selectors, body in _rules(_without_comments(css[:_STYLES_LIMIT])):
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


def _without_comments(css: str) -> str:
    """Return a style sheet with a blank for each comment; one that nothing closes reaches to the end."""
    before, *commented = css.split("/*")
    return " ".join((before, *(after for part in commented for _, end, after in (part.partition("*/"),) if end)))


def declarations(style: str) -> Declarations:
    """Read `name: value; …`; both in lower case."""
    if ":" not in style:
        return {}
    return {match[1].lower(): match[2].strip().lower() for match in _DECLARATION.finditer(style[:4_000])}


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
