"""A store of the test's own."""

from __future__ import annotations

import pytest

from tests.fixtures.store import plain_logs, store
from tests.fixtures.waiting import await_room

__all__ = ["plain_logs", "store"]


@pytest.fixture(autouse=True)
def _one_day() -> None:
    """No test sees midnight: most of them speak of today and tomorrow."""
    await_room(86_400, room_s=150)
