"""Parsers for settings with a syntax of their own: rates and staff keys. ValueError's message is for the user."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict

_RATE = re.compile(r"^(\d+)/(second|minute|hour)$")
MIN_KEY_LENGTH = 16
"""Shorter keys could be guessed."""
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}


class RateLimit(BaseModel):
    """At most `hits` calls in a window of `seconds`."""

    model_config = ConfigDict(frozen=True)

    hits: int
    seconds: int


def parse_rate(text: str) -> RateLimit | None:
    """Read `30/minute`; `off` is None. Raises ValueError for anything else."""
    if text.strip().lower() == "off":
        return None
    match = _RATE.match(text.strip().lower())
    if match is None or int(match[1]) == 0:
        raise ValueError("expected a rate such as 30/minute (second, minute, hour) or off")
    return RateLimit(hits=int(match[1]), seconds=_SECONDS[match[2]])


def parse_staff_keys(text: str) -> tuple[tuple[str, str], ...]:
    """Read `name:key,name2:key2` as pairs; a key without a name is `staff`. Raises ValueError: empty or short."""
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    split = [entry.partition(":") for entry in entries]
    pairs = tuple((name.strip(), key.strip()) if separator else ("staff", name) for name, separator, key in split)
    if any(not name or not key for name, key in pairs):
        raise ValueError("expected name:key pairs, separated by commas, none of them empty")
    for name, key in pairs:
        check_key_length(key, f"the key of {name}")
    return pairs


def check_key_length(key: str, what: str) -> None:
    """Raise ValueError when a key is too short."""
    if len(key) < MIN_KEY_LENGTH:
        raise ValueError(
            f"{what} has {len(key)} characters, at least {MIN_KEY_LENGTH} are needed: `openssl rand -hex 16` makes one"
        )
