"""Issue 12: who hides their number later, or shows it, stays the same customer."""

from __future__ import annotations

import pytest

from db.outbound import whatsapp_parts
from db.pool import acquire
from deployments.staff.replies import StaffReplies
from ingest.events import InboundMessage
from tests.fixtures.company import GUARD
from tests.fixtures.store import Wakes
from tests.fixtures.ticket_states import put_tickets
from tests.fixtures.whatsapp_channel import EVE, Store
from tests.integration.whatsapp.test_channel_intake import accept, message

USER_ID = "US.13491208655302741918"


@pytest.mark.parametrize("shown_first", [True, False])
async def test_a_hidden_number_is_the_same_customer(store: Store, shown_first: bool) -> None:
    shown = message("First", alias=USER_ID)
    hidden = message("Second", identifier=USER_ID, join_key=f"whatsapp:{USER_ID}")
    for one in (shown, hidden) if shown_first else (hidden, shown):
        await accept(store, one)
    assert await store.value("SELECT count(*) FROM customers") == 1
    values = await store.rows("SELECT value FROM customer_identifiers WHERE tier > 0 ORDER BY value")
    assert {row["value"] for row in values} == {EVE, USER_ID}


async def test_who_hides_their_number_goes_on_in_the_conversation_and_is_answered_where_they_write(
    store: Store,
) -> None:
    first = await accept(store, message("First", alias=USER_ID))
    hidden = message(
        "Second", identifier=USER_ID, join_key=f"whatsapp:{USER_ID}", metadata={"address": f"whatsapp:{USER_ID}"}
    )
    second = await accept(store, hidden)
    assert (second.conversation_id, second.ticket_id) == (first.conversation_id, first.ticket_id)
    await answer_all(store)
    [reply] = await store.rows("SELECT id, recipient FROM outbox")
    assert reply["recipient"] == USER_ID
    async with acquire(store.pool) as connection:
        assert (await whatsapp_parts.recipient_of(connection, reply["id"])).address == f"whatsapp:{USER_ID}"
    assert await store.violations() == {}


async def test_a_conversation_begun_with_a_hidden_number_goes_on_when_it_is_shown(store: Store) -> None:
    hidden = await accept(store, message("First", identifier=USER_ID, join_key=f"whatsapp:{USER_ID}"))
    shown = await accept(store, message("Second", alias=USER_ID))
    assert shown.conversation_id == hidden.conversation_id
    await put_tickets(store.pool, "closed")
    later = await accept(store, message("Third", alias=USER_ID))
    assert later.conversation_id != hidden.conversation_id
    again = await accept(store, message("Fourth", identifier=USER_ID, join_key=f"whatsapp:{USER_ID}"))
    assert again.conversation_id == later.conversation_id


async def test_a_staff_reply_reaches_a_number_that_was_hidden_meanwhile(store: Store) -> None:
    first = await accept(store, message("HANDOVER", alias=USER_ID))
    await answer_all(store)
    await store.execute("UPDATE inbox SET received_at = received_at - interval '25 hours'")
    hidden = message(
        "Are you there?", identifier=USER_ID, join_key=f"whatsapp:{USER_ID}",
        metadata={"address": f"whatsapp:{USER_ID}"},
    )  # fmt: skip
    await accept(store, hidden)
    sent = await StaffReplies(pool=store.pool, relay=Wakes(), links=str, guard=GUARD).reply(
        first.conversation_id, by="ann", text="Yes, we are."
    )
    assert sent.warnings == ()
    row = await store.value("SELECT id FROM outbox WHERE author = 'staff'")
    async with acquire(store.pool) as connection:
        assert (await whatsapp_parts.recipient_of(connection, row)).address == f"whatsapp:{USER_ID}"


async def answer_all(store: Store) -> None:
    """Run a turn for every waiting message."""
    for row in await store.rows("SELECT payload FROM inbox WHERE state = 'waiting' ORDER BY received_at, id"):
        await store.pipeline().handle(InboundMessage.model_validate(row["payload"]))
