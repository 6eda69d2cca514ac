"""A sample ticket as the turn that it opens, without a store."""

from __future__ import annotations

from datetime import UTC, datetime

from db.ids import new_id
from db.records import Channel, Lease, Ticket, Turn, WaitingMessage
from evaluation.demo.samples import Sample


def turn_of(sample: Sample, channel: Channel = "web_form") -> Turn:
    """Return the turn of a sample, as if it had come by this channel, with keys of its own."""
    now, customer, conversation = datetime.now(UTC), new_id(), new_id()
    form = sample.form
    ticket = Ticket(
        id=new_id(), number="TKT-0042", customer_id=customer, conversation_id=conversation, source_channel=channel,
        category=form["category"], priority=form.get("priority", "medium"), subject=form["subject"],
        status="processing", escalation_reason=None, created_at=now, updated_at=now, resolved_at=None,
    )  # fmt: skip
    waiting = WaitingMessage(
        inbox_id=new_id(), message_id=new_id(), content=form["message"], attempts=0, received_at=now
    )
    return Turn(
        lease=Lease(customer_id=customer, token=1, holder="bench"), customer_id=customer, customer_name=form["name"],
        tier=0, channel=channel, recipient=form["email"], conversation_id=conversation, owner="agent",
        owner_token=0, ticket=ticket, waiting=(waiting,), earlier=(),
    )  # fmt: skip
