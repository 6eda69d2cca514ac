"""A store of the test's own."""

from __future__ import annotations

from tests.integration.pipeline.conftest import plain_logs, store

__all__ = ["plain_logs", "store"]
