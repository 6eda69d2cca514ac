"""A store with customers and a scripted agent, as the pipeline's tests have it."""

from __future__ import annotations

from tests.integration.pipeline.conftest import Store, Wakes, eventually, plain_logs, store

__all__ = ["Store", "Wakes", "eventually", "plain_logs", "store"]
