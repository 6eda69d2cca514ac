"""The inputs of the five tools for MCP clients: those of the agent's tools, and the ticket that the call is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, StringConstraints, create_model, model_validator

from db.records import Channel
from deployments.agent import protocol, tools
from ingest.identifiers import normalise_email, normalise_phone
from serve_app.api.base.models import TICKET_NUMBER

WRITING = frozenset({protocol.CREATE_TICKET, protocol.SEND, protocol.ESCALATE})
"""Tools that store or send something."""

TicketNumber = Annotated[str, StringConstraints(strip_whitespace=True, pattern=TICKET_NUMBER)]
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]
_Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=255)]


class OpenTicketInput(tools.CreateTicketInput):
    """Name an existing `ticket` whose message waits, or `customer` and `message` of a new one."""

    ticket: TicketNumber | None = Field(default=None, description="An existing ticket whose message still waits.")
    channel: Channel = Field(default="web_form", description="How the customer is answered in a new ticket.")
    customer: _Line = Field(
        default="", description="For a new ticket: the customer's e-mail address; on whatsapp the number, as +44…"
    )
    name: _Line = Field(default="", description="For a new ticket: the customer's name, if known.")
    subject: _Line = Field(default="", description="For a new ticket.")
    message: _Text | None = Field(default=None, description="For a new ticket: what the customer said, in their words.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.ticket is None and not (self.customer and self.message):
            raise ValueError("name an existing ticket, or customer and message of a new one")
        if self.ticket is not None and (self.customer or self.message):
            raise ValueError("ticket names an existing one: leave customer and message out")
        return self

    @property
    def identifier(self) -> str:
        """The customer's address or number, normalised. Raises InvalidIdentifierError."""
        return normalise_phone(self.customer) if self.channel == "whatsapp" else normalise_email(self.customer)


def _about_a_ticket(tool: tools.Tool, *, required: bool) -> type[BaseModel]:
    kind: Any = TicketNumber if required else TicketNumber | None
    text = "The ticket that the call is about."
    described = Field(description=text) if required else Field(default=None, description=f"{text} None: a bare search.")
    return create_model(f"{tool.arguments.__name__}OfTicket", __base__=tool.arguments, ticket=(kind, described))


INPUTS: Mapping[str, type[BaseModel]] = {
    name: OpenTicketInput if name == protocol.CREATE_TICKET else _about_a_ticket(tool, required=name != protocol.SEARCH)
    for name, tool in tools.TOOLS.items()
}
"""The input model of each tool, by the tool's name."""
