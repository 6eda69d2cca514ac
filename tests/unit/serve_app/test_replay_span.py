"""Times as command-line options: a date or an age."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from serve_app.cli.replay.command import moment
from serve_app.embedded.base.errors import UserError

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("30m", NOW - timedelta(minutes=30)),
        ("24h", NOW - timedelta(days=1)),
        ("7d", NOW - timedelta(days=7)),
        ("2026-11-20T08:00+01:00", datetime(2026, 11, 20, 7, tzinfo=UTC)),
        ("2026-11-20T08:00", datetime(2026, 11, 20, 8).astimezone(UTC)),
    ],
)
def test_t4_a_time_is_so_long_ago_or_a_date(text: str, time: datetime) -> None:
    assert moment(text, NOW) == time


@pytest.mark.parametrize("text", ["", "d", "yesterday", "7w", "-1d", "2026-13-01", "9999999999999d"])
def test_t4_a_malformed_time_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="is no time"):
        moment(text, NOW)
