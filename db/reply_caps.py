"""How much one correspondent may be told automatically within an hour (R7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from db.records import Channel, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyCap:
    """At most `replies` automatic words an hour, then a person; of the notices that say so `notices` are sent."""

    replies: int
    notices: int


CAPS: Mapping[Channel, ReplyCap] = {
    "whatsapp": ReplyCap(replies=30, notices=1),
    # Two machines that answer each other by mail would answer the notice too.
    "email": ReplyCap(replies=3, notices=0),
}
"""On the web nothing is sent: a reply waits on the ticket's page, and no machine can answer it by itself."""


def reached(turn: Turn) -> bool:
    """Tell whether the correspondent has had all automatic replies of this hour: this turn is a person's."""
    cap = CAPS.get(turn.channel)
    return cap is not None and turn.replies_last_hour >= cap.replies


def withheld(turn: Turn) -> bool:
    """Tell whether not even the notice of the hand-over may leave; it stands on the ticket all the same."""
    cap = CAPS.get(turn.channel)
    return cap is not None and turn.replies_last_hour >= cap.replies + cap.notices
