"""Failpoints: named places in a component where tests end the process or the task, to prove that nothing is lost."""

from __future__ import annotations

from collections.abc import Callable

Failpoint = Callable[[str], None]
"""Called with the name of the place that was reached, such as "relay:sent"; whatever it raises ends the step."""


def no_failpoint(name: str) -> None:
    """Do nothing: what production passes."""
