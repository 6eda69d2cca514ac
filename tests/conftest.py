"""Fixtures for every test tier: the real parts, and the whole product."""

from __future__ import annotations

import pytest
from hypothesis import settings

# The same examples in each run, however slow the machine. `--hypothesis-profile=default` looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")

pytest_plugins = ["tests.fixtures.parts", "tests.fixtures.channels", "tests.fixtures.product"]

# From the inside out. The whole product, once started, keeps the machine busy: what needs it comes last.
TIERS = ("unit", "integration", "serve", "acceptance", "load", "chaos")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tiers in their order."""
    items.sort(key=lambda item: TIERS.index(_tier(item)))


def _tier(item: pytest.Item) -> str:
    folder = item.nodeid.split("/")[1]
    return folder if folder in TIERS else TIERS[0]
