"""The form of a person's reply: the channel's greeting, signature and reference around their words."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from db.outbound import channel_configs
from db.pool import Connection
from db.staff import actions
from db.staff.actions import ConversationState
from deployments.rules.formatting import TemplateNotUsableError, framed

log = structlog.get_logger(__name__)


class ReplyFrame:
    """Puts replies into their channel's template. `links` gives a ticket's status link by its number."""

    def __init__(self, links: Callable[[str], str]) -> None:
        self._links = links

    async def around(self, connection: Connection, text: str, state: ConversationState) -> str:
        """Return the whole of `text` in the channel's template, read on the transaction's own connection.

        With a template that can't be rendered, or none, the ticket's number and link are all that is added.
        """
        config = (await channel_configs.list_all(connection)).get(state.channel)
        greeting = await actions.greeting(connection, state)
        link = self._links(state.ticket_number)
        fields = {"name": greeting.name, "ticket": state.ticket_number, "link": link}
        problem = "channel_configs has no row for it"
        if config is not None:
            try:
                return framed(config, body=text, first=greeting.is_first_reply, **fields)
            except TemplateNotUsableError as error:
                problem = str(error)
        log.error("response_template_not_usable", channel=state.channel, error=problem)
        return f"{text}\n\n{state.ticket_number}: {link}"
