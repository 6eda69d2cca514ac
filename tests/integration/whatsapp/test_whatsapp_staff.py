"""G14, R2, R8: a staff reply over WhatsApp: in parts if it is long, outside the window as a template or parked."""

from __future__ import annotations

import socket
from typing import Any

import httpx

from deployments.rules.formatting import utf16_length
from evaluation.providers.control_client import ControlClient
from evaluation.providers.twilio import DEMO_TEMPLATE
from tests.fixtures.whatsapp_channel import EVE, Line, Store, opened_line, twilio_args
from tests.integration.api.serving import STAFF_KEY


async def handed_over_conversation(line: Line) -> str:
    """The id of a conversation that was handed over and whose notice was sent."""
    await line.answered("HANDOVER")
    await line.deliver()
    await line.all_in("sent")
    return str(await line.store.value("SELECT id FROM conversations"))


async def reply(line: Line, conversation_id: str, text: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {STAFF_KEY}"}
    return await line.client.post(f"/conversations/{conversation_id}/reply", json={"text": text}, headers=headers)


async def shown(line: Line, conversation_id: str) -> dict[str, Any]:
    """The last message, as the staff see it."""
    headers = {"Authorization": f"Bearer {STAFF_KEY}"}
    answer = (await line.client.get(f"/conversations/{conversation_id}", headers=headers)).json()
    message: dict[str, Any] = answer["messages"][-1]
    return message


async def window_closed(line: Line) -> None:
    await line.store.execute("UPDATE inbox SET received_at = now() - interval '25 hours'")
    line.control.set_number(EVE, window_open=False)


async def test_r2_a_long_reply_is_sent_in_parts(line: Line) -> None:
    conversation_id = await handed_over_conversation(line)
    text = "".join(f"Step {n}: please look at the page and tell me what you see there. " for n in range(50)).strip()
    assert (await reply(line, conversation_id, text)).json()["warnings"] == []
    await line.all_in("sent")
    pieces = [entry.body for entry in line.accepted()][1:]
    assert len(pieces) == 3
    assert all(utf16_length(piece) <= 1600 for piece in pieces)
    assert " ".join(pieces) == text
    assert (await shown(line, conversation_id))["outbox_state"] == "sent"


async def test_r8_outside_the_window_a_short_reply_is_a_template(line: Line) -> None:
    conversation_id = await handed_over_conversation(line)
    await window_closed(line)
    [warning] = (await reply(line, conversation_id, "Your workspace is back.")).json()["warnings"]
    assert warning["code"] == "whatsapp_window"
    await line.all_in("sent")
    assert line.accepted()[-1].details["template"] == DEMO_TEMPLATE


async def test_r8_a_staff_reply_without_a_template_is_parked_and_shows_why(
    listener: socket.socket, control: ControlClient, store: Store, database_url: str
) -> None:
    twilio = twilio_args(control, template_sid=None)
    async with opened_line(listener, control, store, database_url, twilio=twilio) as line:
        conversation_id = await handed_over_conversation(line)
        await window_closed(line)
        await reply(line, conversation_id, "Your workspace is back.")
        await line.all_in("sent", "parked")
        message = await shown(line, conversation_id)
        assert (message["outbox_state"], message["staff"]) == ("parked", "ann")
        assert "24-hour window" in message["last_error"]
