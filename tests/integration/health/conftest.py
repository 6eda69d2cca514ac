"""Fixtures of the health of an installation."""

from __future__ import annotations

from tests.fixtures.store import plain_logs, store

__all__ = ["plain_logs", "store"]
