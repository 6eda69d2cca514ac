"""Fixtures of replays."""

from __future__ import annotations

from tests.fixtures.production import analysis_node, encoder, log_as_before, pool, stored

__all__ = ["analysis_node", "encoder", "log_as_before", "pool", "stored"]
