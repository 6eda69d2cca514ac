"""The line of /health that names overdue hand-overs or drafts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

SHOWN = 3
"""Maximum number of named items. Callers query one more, to know whether there are others."""


class Overdue(Protocol):
    """An overdue item of the ticket `number`."""

    @property
    def number(self) -> str: ...

    @property
    def severity(self) -> str: ...


def describe_overdue(what: str, overdue: Sequence[Overdue]) -> str | None:
    """Return one line that names the first of them; None without any."""
    if not overdue:
        return None
    shown = ", ".join(f"{one.number} ({one.severity})" for one in overdue[:SHOWN])
    return f"overdue {what}: {shown}{' and more' if len(overdue) > SHOWN else ''}"
