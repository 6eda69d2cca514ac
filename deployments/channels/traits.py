"""What differs by channel and matters to code that serves all of them. A new channel is an entry here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from db.records import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyCap:
    """At most `replies` automatic replies an hour, then a person; of the notices that say so `notices` are sent.

    `a_day` bounds the replies in one conversation within a day: it stops machines that answer each other slowly.
    """

    replies: int
    notices: int
    a_day: float = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTraits:
    """A channel, as the agent, a turn and the staff have to know it.

    `asks_for_labels`: the customer chooses category and priority. `has_subject`: what the customer wrote as subject is
    part of the first message. `carries_files`: messages may come with attachments. `has_window`: free text reaches a
    customer only for a time after their last message.
    `reply_cap` None: nothing is sent to a machine that could answer, so nothing has to be capped.
    """

    asks_for_labels: bool = False
    has_subject: bool = True
    carries_files: bool = True
    has_window: bool = False
    reply_cap: ReplyCap | None = None


TRAITS: Mapping[Channel, ChannelTraits] = {
    # On the web nothing is sent: a reply waits on the ticket's page.
    "web_form": ChannelTraits(asks_for_labels=True, carries_files=False),
    # Two machines that answer each other by mail would answer the notice too.
    "email": ChannelTraits(reply_cap=ReplyCap(replies=3, notices=0, a_day=10)),
    "whatsapp": ChannelTraits(has_subject=False, has_window=True, reply_cap=ReplyCap(replies=30, notices=1)),
}
