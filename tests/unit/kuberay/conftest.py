"""The option that accepts a change of the golden files."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--rewrite-golden`, which counts when these tests are run by their folder."""
    parser.addoption("--rewrite-golden", action="store_true", help="write tests/data/kuberay/golden anew")
