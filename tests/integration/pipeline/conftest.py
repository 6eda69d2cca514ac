"""Fixtures of the message path."""

from __future__ import annotations

from tests.fixtures.graph import graph, group, kafka
from tests.fixtures.store import plain_logs, store

__all__ = ["graph", "group", "kafka", "plain_logs", "store"]
