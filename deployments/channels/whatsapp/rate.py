"""Twilio's limit for one WhatsApp number."""

from __future__ import annotations

from deployments.channels.limit import Limit

MESSAGES_PER_SECOND = 10.0
"""Twilio's usual limit; above it messages end as undelivered (63018)."""


def sending(per_second: float) -> Limit:
    """Return the limit of `per_second` messages in any second; they go out evenly, at four fifths of it.

    For less than ten a second it is ten messages in as long as that takes.
    """
    window_s = max(1.0, 10 / per_second)
    return Limit(units=per_second * window_s, window_s=window_s, spare_s=window_s / 4, portion_s=window_s / 2)
