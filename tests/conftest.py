"""Fixtures for every ring of tests: the real parts."""

from __future__ import annotations

pytest_plugins = ["tests.fixtures.parts"]
