"""Fixtures of the support staff."""

from __future__ import annotations

from tests.fixtures.office import http, office
from tests.fixtures.store import plain_logs, store

__all__ = ["http", "office", "plain_logs", "store"]
