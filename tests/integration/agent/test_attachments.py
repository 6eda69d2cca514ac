"""Files that came with a message are acknowledged, never silently ignored (R9)."""

from __future__ import annotations

import json

import pytest

from db.pool import Pool
from db.records import Turn
from tests.fixtures.agent_desk import Desk
from tests.fixtures.turns import new_turn

QUESTION = "How do I reset a forgotten password?"


async def file_turn(pool: Pool, turn: Turn, names: list[str]) -> None:
    """Store the turn's message with files, as intake does."""
    message, ticket = turn.waiting[0], turn.ticket
    payload = json.dumps({"attachments": [{"filename": name, "content_type": "image/png"} for name in names]})
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "INSERT INTO customers (id, filing_key) VALUES ($1, $2)", turn.customer_id, f"whatsapp:{turn.customer_id}"
        )
        await connection.execute(
            "INSERT INTO conversations (id, customer_id, channel, sender_key) VALUES ($1, $2, 'whatsapp', 'x')",
            turn.conversation_id,
            turn.customer_id,
        )
        await connection.execute(
            "INSERT INTO tickets (id, customer_id, conversation_id, source_channel) VALUES ($1, $2, $3, 'whatsapp')",
            ticket.id,
            turn.customer_id,
            turn.conversation_id,
        )
        await connection.execute(
            "INSERT INTO messages (id, conversation_id, ticket_id, customer_id, direction, author, channel, content) "
            "VALUES ($1, $2, $3, $4, 'inbound', 'customer', 'whatsapp', $5)",
            message.message_id,
            turn.conversation_id,
            ticket.id,
            turn.customer_id,
            message.content,
        )
        await connection.execute(
            "INSERT INTO inbox (id, provider, provider_message_id, channel, sender_key, conversation_id, ticket_id, "
            "message_id, body_hash, payload) VALUES ($1, 'twilio', $2, 'whatsapp', 'x', $3, $4, $5, '', $6)",
            message.inbox_id,
            str(message.inbox_id),
            turn.conversation_id,
            ticket.id,
            message.message_id,
            json.loads(payload),
        )


@pytest.mark.parametrize(
    ("text", "files", "rule", "words"),
    [
        ("", ["photo.png"], "question:no_text", "Thanks for the attachment!"),
        ("👍", ["a.png", "b.png"], "question:no_text", "Thanks for the attachments!"),
        (QUESTION, ["photo.png"], "answer:knowledge_base", "I got your attachment but can't open attachments."),
        (
            "I want a refund for last month, please.",
            ["bill.pdf"],
            "refund",
            "I have noted the attachment in your ticket.",
        ),
    ],
)
async def test_r9_attachments(desk: Desk, pool: Pool, text: str, files: list[str], rule: str, words: str) -> None:
    turn = new_turn(text, channel="whatsapp")
    await file_turn(pool, turn, files)
    decision = await desk.node.run(turn, await desk.analyse(turn))
    assert rule in decision.rule
    assert words in decision.reply
    if decision.outcome == "escalated":
        assert files[0] in decision.summary
