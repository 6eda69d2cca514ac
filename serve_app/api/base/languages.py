"""Which language a browser is answered in."""

from __future__ import annotations

from collections.abc import Collection

DEFAULT_LANGUAGE = "en"


def chosen(languages: Collection[str], asked: str | None, accepted: str) -> str:
    """Return the language to serve: `asked` (`?lang=`), else the first of Accept-Language by weight, else English."""
    wanted = [asked or "", *(part.split("-")[0] for part in _by_weight(accepted))]
    return next((language for language in wanted if language in languages), DEFAULT_LANGUAGE)


def _by_weight(accepted: str) -> list[str]:
    """Return the languages of an Accept-Language header, the most wanted first; what can't be read is left out."""
    weighted = []
    for part in accepted.lower().split(",")[:20]:
        language, _, weight = part.strip().partition(";q=")
        try:
            weighted.append((float(weight or 1), language.strip()))
        except ValueError:
            continue
    return [language for weight, language in sorted(weighted, key=lambda one: -one[0]) if weight > 0]
