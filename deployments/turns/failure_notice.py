"""The notice to a customer whose message failed for good: they are told so, and a person takes over (K4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import structlog

from db.outbound.channel_configs import ChannelConfigs
from db.records import Decision, Turn
from deployments.rules.escalation import severity_and_queue
from deployments.rules.formatting import TemplateNotUsableError, clean_name, render

NEUTRAL = 0.5

log = structlog.get_logger(__name__)

TEXT = (
    "I am sorry that I could not answer your message myself. "
    "I have passed it to a colleague, who will reply to you here personally."
)


class FailureNotice:
    """Writes the notice of a failed message in the form of the turn's channel.

    `links` gives a ticket's status link by its number.
    """

    def __init__(self, *, configs: ChannelConfigs, links: Callable[[str], str]) -> None:
        self._configs, self._links = configs, links

    async def decide(self, turn: Turn, *, cause: str) -> Decision:
        """Return the hand-over `agent_error` with its notice. Raises DatabaseUnavailableError."""
        summary = f"the agent failed on this message for good ({cause}). Nothing was answered."
        return await self._hand_over(turn, rule="dead_letter", summary=summary)

    async def unparsed(self, turn: Turn) -> Decision:
        """Return the hand-over of a mail of which only the headers could be read. Raises DatabaseUnavailableError."""
        summary = "the text of this mail could not be read: it is in the mailbox. Nothing was answered."
        return await self._hand_over(turn, rule="unparsed", summary=summary)

    async def doubtful(self, turn: Turn) -> Decision:
        """Return the hand-over of a mail that a machine may have written: nothing of it is sent.

        Raises DatabaseUnavailableError.
        """
        summary = "a mailing list, a bulk mailer or a redirect handed this mail on: perhaps no person wrote it."
        decision = await self._hand_over(turn, rule="doubtful_mail", summary=summary)
        return replace(decision, withheld="perhaps no person wrote this mail")

    async def _hand_over(self, turn: Turn, *, rule: str, summary: str) -> Decision:
        ticket = turn.ticket
        severity, queue = severity_and_queue("agent_error", ticket.category, ticket.priority, NEUTRAL)
        return Decision(
            outcome="escalated",
            reply=await self._text(turn),
            rule=rule,
            model="none",
            priority=ticket.priority,
            sentiment=NEUTRAL,
            reason="agent_error",
            severity=severity,
            queue=queue,
            summary=f"{ticket.number}: {summary}",
        )

    async def _text(self, turn: Turn) -> str:
        config = await self._configs.get(turn.channel)
        ticket, link = turn.ticket.number, self._links(turn.ticket.number)
        try:
            first = turn.is_first_reply
            return render(config, body=TEXT, name=turn.customer_name, ticket=ticket, link=link, first=first)
        except TemplateNotUsableError:
            log.exception("template_not_usable", channel=turn.channel)
            return " ".join(filter(None, [clean_name(turn.customer_name), TEXT, ticket, link]))
