"""How much one correspondent may be told automatically within an hour, and in one conversation within a day (R7)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from db.records import Channel, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyCap:
    """At most `replies` automatic words an hour, then a person; of the notices that say so `notices` are sent.

    `a_day` bounds the words in one conversation within a day: it stops machines that answer each other slowly.
    """

    replies: int
    notices: int
    a_day: float = math.inf


CAPS: Mapping[Channel, ReplyCap] = {
    "whatsapp": ReplyCap(replies=30, notices=1),
    # Two machines that answer each other by mail would answer the notice too.
    "email": ReplyCap(replies=3, notices=0, a_day=10),
}
"""On the web nothing is sent: a reply waits on the ticket's page, and no machine can answer it by itself."""


def reached(turn: Turn) -> bool:
    """Tell whether the correspondent has had all automatic replies of this hour or day: this turn is a person's."""
    return _beyond(turn, notices=False)


def withheld(turn: Turn) -> bool:
    """Tell whether not even the notice of the hand-over may leave; it stands on the ticket all the same."""
    return _beyond(turn, notices=True)


def _beyond(turn: Turn, *, notices: bool) -> bool:
    cap = CAPS.get(turn.channel)
    if cap is None:
        return False
    more = cap.notices if notices else 0
    return turn.replies_last_hour >= cap.replies + more or turn.replies_last_day >= cap.a_day + more
