"""The invariants that hold after every run, however many processes were killed meanwhile; each is one statement."""

from __future__ import annotations

from typing import Any

import asyncpg

QUERIES = {
    # INV1 every acknowledged inbound has one inbox row (the unique key) and one message, in its own conversation
    "INV1": """
        SELECT i.id, count(m.id) AS messages FROM inbox i
        LEFT JOIN messages m ON m.id = i.message_id AND m.conversation_id = i.conversation_id
            AND m.direction = 'inbound'
        GROUP BY i.id HAVING count(m.id) <> 1""",
    # INV2 each ends answered, escalated, held for staff or dead-lettered within T, or absorbed by one that did
    "INV2": """
        SELECT i.id, i.state, i.attempts, i.retry_at FROM inbox i LEFT JOIN inbox owner ON owner.id = i.absorbed_by
        WHERE (i.state = 'waiting' AND i.received_at < now() - make_interval(secs => $1))
           OR (i.state = 'absorbed' AND (owner.id IS NULL OR owner.state IN ('waiting', 'absorbed')))""",
    # INV2b a finished message has a reply in the outbox and a decision record
    "INV2b": """
        SELECT i.id, i.state FROM inbox i
        WHERE i.state IN ('answered', 'escalated', 'dead')
          AND (NOT EXISTS (SELECT FROM outbox o WHERE o.inbound_id = i.id AND o.message_id IS NOT NULL)
               OR NOT EXISTS (SELECT FROM decision_records d WHERE d.inbox_id = i.id))""",
    # INV3 at most one reply of the agent for a turn, in the outbox and among the messages
    "INV3": """
        SELECT o.inbound_id, count(*) FROM outbox o WHERE o.author = 'agent' AND o.inbound_id IS NOT NULL
        GROUP BY o.inbound_id HAVING count(*) > 1
        UNION ALL
        SELECT m.conversation_id, count(*) FROM messages m WHERE m.author = 'agent'
        GROUP BY m.conversation_id
        HAVING count(*) <> (SELECT count(*) FROM outbox o
                            WHERE o.conversation_id = m.conversation_id AND o.author = 'agent'
                              AND o.message_id IS NOT NULL)""",
    # INV4 no reply goes to another recipient than the inbound's sender, or an address linked to them
    "INV4": """
        SELECT o.id, o.recipient, i.sender_key FROM outbox o JOIN inbox i ON i.id = o.inbound_id
        WHERE o.conversation_id <> i.conversation_id
           OR COALESCE(o.metadata ->> 'instead_of', o.recipient)
              <> substr(i.sender_key, strpos(i.sender_key, ':') + 1)""",
    # INV5 replies within a conversation keep the order of what they answer, except drafts, which are sent when approved
    "INV5": """
        SELECT a.id, b.id FROM outbox a JOIN outbox b ON b.conversation_id = a.conversation_id
        JOIN inbox ia ON ia.id = a.inbound_id JOIN inbox ib ON ib.id = b.inbound_id
        WHERE (ia.received_at, ia.id) < (ib.received_at, ib.id)
          AND (a.seq > b.seq OR (a.sent_at > b.sent_at AND NOT a.metadata ? 'approved_by'))""",
    # INV6 nothing stays in `sending` longer than T
    "INV6": """
        SELECT o.id, o.lease_until FROM outbox o
        WHERE o.state = 'sending' AND o.lease_until < now() - make_interval(secs => $1)""",
    # INV7 a message that counts as escalated or dead has an escalated ticket; its conversation was handed to staff
    "INV7": """
        SELECT i.id FROM inbox i JOIN conversations c ON c.id = i.conversation_id JOIN tickets t ON t.id = i.ticket_id
        WHERE i.state IN ('escalated', 'dead')
          AND (t.escalation_reason IS NULL OR (c.owner = 'agent' AND c.owner_token = 0))""",
}


async def violations(connection: asyncpg.Connection[Any], *, within_s: float = 60.0) -> dict[str, list[dict[str, Any]]]:
    """Return the rows that break an invariant, by its name; empty when all hold. `within_s` is the invariants' T."""
    found = {}
    for name, query in QUERIES.items():
        rows = await connection.fetch(query, within_s) if "$1" in query else await connection.fetch(query)
        if rows:
            found[name] = [dict(row) for row in rows]
    return found
