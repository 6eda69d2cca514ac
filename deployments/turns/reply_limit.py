"""The cap on automatic replies (R7): what would be one too many becomes a hand-over, and at last says nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from db.outbound.channel_configs import ChannelConfigs
from db.records import Decision, Turn
from deployments.rules.escalation import severity_and_queue
from deployments.rules.formatting import render
from deployments.turns import reply_caps

TEXT = (
    "You have had many automatic answers in a short time, so I have passed this to a colleague, "
    "who will reply to you here personally."
)


class ReplyLimit:
    """Looks at each decision before it is written. `links` gives a ticket's status link by its number."""

    def __init__(self, *, configs: ChannelConfigs, links: Callable[[str], str]) -> None:
        self._configs, self._links = configs, links

    async def apply(self, turn: Turn, decision: Decision) -> Decision:
        """Return the decision as it may be carried out; a hand-over for another reason keeps it.

        Raises DatabaseUnavailableError, and TemplateNotUsableError where the channel's template is broken.
        """
        if not reply_caps.reached(turn):
            return decision
        if decision.outcome == "answered":
            decision = await self._handed_over(turn, decision)
        return replace(decision, withheld="the cap on automatic replies" if reply_caps.withheld(turn) else None)

    async def _handed_over(self, turn: Turn, decision: Decision) -> Decision:
        ticket = turn.ticket
        config = await self._configs.get(turn.channel)
        severity, queue = severity_and_queue("reply_limit", ticket.category, decision.priority, decision.sentiment)
        return replace(
            decision,
            outcome="escalated",
            reply=render(
                config,
                body=TEXT,
                name=turn.customer_name,
                ticket=ticket.number,
                link=self._links(ticket.number),
                first=turn.is_first_reply,
            ),
            rule="reply_limit",
            reason="reply_limit",
            severity=severity,
            queue=queue,
            sources=(),
            summary=f"{ticket.number}: {turn.replies_last_hour} automatic replies within an hour, "
            f"{turn.replies_last_day} within a day, perhaps to a machine. Not sent: {decision.reply[:400]}",
        )
