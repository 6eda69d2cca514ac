"""Parsers for settings with a syntax of their own: rates and staff keys. ValueError's message is for the user."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict

_RATE = re.compile(r"^(\d+)/(second|minute|hour)$")
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
    """Read `name:key,name2:key2` as pairs; a key without a name is `staff`. Raises ValueError for an empty one."""
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    split = [entry.partition(":") for entry in entries]
    pairs = tuple((name.strip(), key.strip()) if separator else ("staff", name) for name, separator, key in split)
    if any(not name or not key for name, key in pairs):
        raise ValueError("expected name:key pairs, separated by commas, none of them empty")
    return pairs
