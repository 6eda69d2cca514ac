"""How what is late is named in health."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

SHOWN = 3
"""So many are named; who looks for what is late asks for one more, to tell whether there are."""


class Late(Protocol):
    """Something with a clock, of the ticket `number`."""

    @property
    def number(self) -> str: ...

    @property
    def severity(self) -> str: ...


def named(what: str, late: Sequence[Late]) -> str | None:
    """Name the first of them; None when all is in time."""
    if not late:
        return None
    shown = ", ".join(f"{one.number} ({one.severity})" for one in late[:SHOWN])
    return f"late {what}: {shown}{' and more' if len(late) > SHOWN else ''}"
