"""A store of the test's own."""

from __future__ import annotations

from tests.fixtures.store import plain_logs, store

__all__ = ["plain_logs", "store"]
