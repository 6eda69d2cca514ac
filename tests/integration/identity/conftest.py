"""A store, what customers do to it on three channels, and its whole content as text."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from db.ids import new_id
from db.intake.channels import AcceptedMessage, ChannelMessage, accept_message
from db.pool import acquire
from ingest.events import INCOMING, InboundMessage
from tests.integration.pipeline.conftest import Store, plain_logs, store

__all__ = ["Store", "accept", "contents", "customer_of", "handled", "mail", "plain_logs", "store", "whatsapp"]

ANN, EVE = "ann@example.com", "+491701234567"

LEDGERS = ("identity_evidence", "identity_merges", "identity_conflicts", "rate_limits", "schema_migrations")
"""What only grows, and says itself what was done."""


def whatsapp(text: str = "How do I export a board?", number: str = EVE, **changes: Any) -> ChannelMessage:
    """A message that Twilio has signed."""
    standard: dict[str, Any] = {
        "channel": "whatsapp",
        "provider": "twilio",
        "provider_message_id": f"SM{new_id().hex}",
        "identifier_type": "whatsapp",
        "identifier": number,
        "verified": True,
        "display_name": "Eve",
        "content": text,
        "subject": text,
        "join_key": f"whatsapp:{number}",
        "join_within_s": 72 * 3600.0,
        "received_at": datetime.now(UTC),
        "topic": INCOMING,
        "metadata": {"address": f"whatsapp:{number}"},
    }
    return ChannelMessage(**standard | changes)


def mail(text: str = "How do I export a board?", address: str = ANN, **changes: Any) -> ChannelMessage:
    """A mail; with `verified=False` one whose DMARC check failed. Each is a thread of its own."""
    verified, thread = changes.get("verified", True), f"t-{new_id().hex}"
    standard: dict[str, Any] = {
        "channel": "email",
        "provider": "gmail",
        "identifier_type": "email",
        "display_name": "Ann Lee",
        "thread_key": thread,
        "join_key": f"mail:{thread}:{address}" if verified else None,
        "join_within_s": None,
        "metadata": {},
    }
    return whatsapp(text, address, **standard | changes)


async def accept(store: Store, message: ChannelMessage) -> AcceptedMessage:
    """File a message as its channel does."""
    async with acquire(store.pool) as connection:
        accepted = await accept_message(connection, message)
    assert accepted is not None
    return accepted


async def handled(store: Store, message: ChannelMessage, **parts: Any) -> str:
    """File a message and let the pipeline work it off; returns the outcome."""
    accepted = await accept(store, message)
    payload = await store.value("SELECT payload FROM inbox WHERE id = $1", accepted.inbox_id)
    outcome: str = await store.pipeline(**parts).handle(InboundMessage.model_validate(payload))
    return outcome


async def customer_of(store: Store, key: str) -> UUID:
    """The customer that is filed under a key."""
    found = await store.value("SELECT id FROM customers WHERE filing_key = $1", key)
    assert isinstance(found, UUID), key
    return found


async def contents(store: Store) -> dict[str, list[str]]:
    """Every row of every table but the ledgers, as PostgreSQL writes it."""
    tables = await store.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    found = {}
    for table in (row["tablename"] for row in tables):
        assert re.fullmatch("[a-z_]+", table)
        if table not in LEDGERS:
            rows = await store.rows(f"SELECT t::text AS line FROM {table} t")
            found[table] = sorted(row["line"] for row in rows)
    return found
