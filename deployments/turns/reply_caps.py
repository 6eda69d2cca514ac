"""Whether a correspondent has had all automatic replies of the hour, or their conversation all of the day (R7)."""

from __future__ import annotations

from db.records import Turn
from deployments.channels.traits import TRAITS


def reached(turn: Turn) -> bool:
    """Tell whether this turn has to go to a person, because one more automatic reply would be one too many."""
    return _beyond(turn, notices=False)


def withheld(turn: Turn) -> bool:
    """Tell whether not even the notice of the hand-over may leave; it stands on the ticket all the same."""
    return _beyond(turn, notices=True)


def _beyond(turn: Turn, *, notices: bool) -> bool:
    cap = TRAITS[turn.channel].reply_cap
    if cap is None:
        return False
    more = cap.notices if notices else 0
    return turn.replies_last_hour >= cap.replies + more or turn.replies_last_day >= cap.a_day + more
