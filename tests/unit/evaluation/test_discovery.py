"""docs/discovery-log.md is current, and finds ten patterns and more in each channel (X3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.discovery.log import CHANNELS, findings, load, text

ROOT = Path(__file__).parents[3]
TICKETS = load(ROOT / "context" / "sample-tickets.json")


def test_the_checked_in_log_is_current() -> None:
    written = (ROOT / "docs" / "discovery-log.md").read_text(encoding="utf-8")
    assert written == text(TICKETS), "run: python -m evaluation.discovery docs/discovery-log.md"


@pytest.mark.parametrize("channel", CHANNELS)
def test_x3_each_channel_has_ten_patterns_and_more(channel: str) -> None:
    assert len({finding.pattern.says for finding in findings(TICKETS, channel)}) >= 10


def test_a_share_is_counted_over_the_channel() -> None:
    found = {finding.pattern.says: finding for finding in findings(TICKETS, "whatsapp")}
    short = found["has fewer than 16 words"]
    whatsapp = [ticket for ticket in TICKETS if ticket["channel"] == "whatsapp"]
    assert short.share == len(short.ids) / len(whatsapp)
    assert set(short.ids) <= {ticket["id"] for ticket in whatsapp}
