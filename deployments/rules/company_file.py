"""Reads `company.toml`: every fact of the company, checked as it is read."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from deployments.rules.company import Company
from deployments.rules.support_hours import ServiceLevels, SupportHoursError

FILE = "company.toml"
REQUIRED = ("name", "product", "support_address")
LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}
LOGO_BYTES = 200_000
"""The largest logo: every page loads it."""

_LOOK = ("colour", "logo")
_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+")
_URL = re.compile(r"https?://[^/\s]+\S*")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_LANGUAGE = re.compile(r"[a-z]{2}")
_TYPES = get_type_hints(Company)


class CompanyFileError(Exception):
    """`company.toml` is missing or wrong: one line says what to write. Nothing was started."""


def read_company(folder: Path) -> Company:
    """Return the company of a folder's `company.toml`. Raises CompanyFileError with its first problem."""
    facts = read_facts(folder)
    for problem in wrong(facts, folder):
        raise CompanyFileError(f"{folder / FILE}: {problem}")
    look = facts.pop("look", {})
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
    logo = folder / look["logo"] if look.get("logo") else None
    return Company(
        **values,
        colour=look.get("colour", ""),
        logo=logo.read_bytes() if logo else b"",
        logo_type=LOGO_TYPES[logo.suffix.lower()] if logo else "",
    )


def read_facts(folder: Path) -> dict[str, Any]:
    """Return the file's keys and values as they stand. Raises CompanyFileError when there is none, or no TOML."""
    path = folder / FILE
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        needed = ", ".join(REQUIRED)
        raise CompanyFileError(f"{path} is missing: write one with {needed} (`nightdesk company check`)") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CompanyFileError(f"{path} can't be read: {error}") from None


def wrong(facts: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """Yield what makes the facts unusable, a line each: required ones that are missing, unknown ones, bad values."""
    for name in REQUIRED:
        if not facts.get(name):
            yield f"{name} is missing: write {name} = {_example(name)}"
    look = facts.get("look", {})
    known = {*_TYPES, "look"} - {"colour", "logo", "logo_type"}
    for name in sorted({*facts} - known):
        yield f"{name} is unknown: expected some of {', '.join(sorted(known))}"
    for name in sorted({*look} - {*_LOOK}):
        yield f"look.{name} is unknown: expected some of {', '.join(_LOOK)}"
    for name, value in {**facts, **look}.items():
        if name in _CHECKS and value and (problem := _CHECKS[name](value, folder)):
            yield f"{name}: {problem}"


def _text(value: Any, _folder: Path) -> str | None:
    usable = isinstance(value, str) and value.strip() == value and "\n" not in value
    return None if usable else f"{value!r} is no text on one line"


def _names(value: Any, _folder: Path) -> str | None:
    usable = isinstance(value, list) and all(isinstance(one, str) and one.strip() for one in value)
    return None if usable else f'{value!r} is no list of texts; expected such as ["One", "Two"]'


def _matching(pattern: re.Pattern[str], expected: str) -> Callable[[Any, Path], str | None]:
    """Return the check that a text, or each text of a list, has this form."""

    def check(value: Any, _folder: Path) -> str | None:
        values = value if isinstance(value, list) else [value]
        bad = next((one for one in values if not (isinstance(one, str) and pattern.fullmatch(one))), None)
        return None if bad is None else f"{bad!r} is no {expected}"

    return check


def _zone(value: Any, _folder: Path) -> str | None:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError):
        return f"{value!r} is no time zone; expected such as Europe/Berlin"
    return None


def _hours(value: Any, _folder: Path) -> str | None:
    try:
        ServiceLevels.parse(str(value), "UTC", {})
    except SupportHoursError as error:
        return str(error)
    return None


def _switch(value: Any, _folder: Path) -> str | None:
    return None if isinstance(value, bool) else f"{value!r} is neither true nor false"


def _logo(value: Any, folder: Path) -> str | None:
    path = folder / str(value)
    if path.suffix.lower() not in LOGO_TYPES:
        return f"{value!r} is no picture; expected one of {', '.join(LOGO_TYPES)}"
    if not path.is_file():
        return f"{path} is no file"
    size = path.stat().st_size
    return f"{path} has {size:,} bytes; at most {LOGO_BYTES:,}" if size > LOGO_BYTES else None


def _example(name: str) -> str:
    return '"support@example.com"' if name == "support_address" else f'"our {name}"'


_CHECKS: Mapping[str, Callable[[Any, Path], str | None]] = {
    **dict.fromkeys(("name", "product", "trade", "tone"), _text),
    **dict.fromkeys(("also_called", "competitors"), _names),
    **dict.fromkeys(("support_address", "mail_groups"), _matching(_ADDRESS, "e-mail address")),
    **dict.fromkeys(("website", "help_url"), _matching(_URL, "link; expected such as https://help.example.com")),
    "languages": _matching(_LANGUAGE, "ISO 639-1 code; expected such as en"),
    "colour": _matching(_COLOUR, "colour; expected such as #4338ca"),
    "timezone": _zone,
    "hours": _hours,
    "quotes_amounts": _switch,
    "logo": _logo,
}
