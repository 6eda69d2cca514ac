"""Gmail's quota units, a minute and account, as its sender and its mailbox reader share them."""

from __future__ import annotations

from deployments.channels.limit import Limit

UNITS_PER_MINUTE = 15_000
"""Google's limit for one account, unless it has raised it."""
_SENDING, _READING = 0.84, 0.14
"""Their shares, fixed so that neither starves the other; the rest is for calls that leave a little late."""
WINDOW_S = 60.0


def sending(units_per_minute: int) -> Limit:
    """Return the sender's limit: of Google's usual 15,000 units 102 replies a minute, and bursts of six."""
    return Limit(units=units_per_minute * _SENDING, window_s=WINDOW_S, spare_s=4.0, portion_s=2.0)


def reading(units_per_minute: int) -> Limit:
    """Return the mailbox reader's limit: of the usual 15,000 units 360 mails a minute, and bursts of sixty."""
    return Limit(units=units_per_minute * _READING, window_s=WINDOW_S, spare_s=10.0, portion_s=2.5)
