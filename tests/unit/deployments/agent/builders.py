"""Records and contexts for tests that need no other part."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from db.records import Analysis, ChannelConfig, Lease, Passage, Ticket, Turn, WaitingMessage
from deployments.agent.checks import guardrails
from deployments.agent.run_context import RunContext, Search, Services
from embeddings.relevance import Relevance

NOW = datetime(2026, 11, 1, tzinfo=UTC)
RESET = (
    "To reset a forgotten password, open the sign-in page, choose Forgot password and enter your work e-mail address. "
    "TechCorp Platform sends a mail with a reset link that is valid for 60 minutes and works once. "
    "Open the link and choose a new password of at least 12 characters. "
    "Resetting the password signs you out of all other devices."
)


def passage(text: str = RESET, *, title: str = "Reset a forgotten password", slug: str = "reset") -> Passage:
    return Passage(
        id=uuid4(), slug=slug, title=title, category="account", content=text, source="product-docs.md", score=0.7
    )


def turn(text: str = "How do I reset my password?", **fields: Any) -> Turn:
    customer, conversation = uuid4(), uuid4()
    ticket = Ticket(
        id=uuid4(),
        number="TKT-0042",
        customer_id=customer,
        conversation_id=conversation,
        source_channel="web_form",
        category="how_to",
        priority=fields.pop("priority", "medium"),
        subject=fields.pop("subject", ""),
        status="processing",
        escalation_reason=None,
        created_at=NOW,
        updated_at=NOW,
        resolved_at=None,
    )
    given: dict[str, Any] = {
        "lease": Lease(customer_id=customer, token=1, holder="test"),
        "customer_id": customer,
        "customer_name": "Anna Lindgren",
        "tier": 0,
        "channel": "web_form",
        "recipient": "anna@example.com",
        "conversation_id": conversation,
        "owner": "agent",
        "owner_token": 0,
        "ticket": ticket,
        "waiting": (WaitingMessage(inbox_id=uuid4(), message_id=uuid4(), content=text, attempts=0, received_at=NOW),),
        "earlier": (),
    }
    return Turn(**given | fields)


async def _no_embedding(text: str) -> tuple[float, ...]:
    raise AssertionError(f"nothing was to be embedded: {text}")


async def _no_search(model_id: str, vector: Any, *, limit: int, category: str | None) -> list[Passage]:
    raise AssertionError("nothing was to be searched")


def context(text: str = "How do I reset my password?", *, tone: str = "semi-formal", **fields: Any) -> RunContext:
    """A run before its first step; tools that need the database have none here."""
    own = {name: fields.pop(name) for name in ("attachments", "language", "phase") if name in fields}
    config = ChannelConfig(
        channel="web_form",
        enabled=True,
        tone=tone,
        max_response_length=300,
        length_unit="words",
        response_template="{{ body }}",
    )
    services = Services(
        search=_no_search,
        embed_query=_no_embedding,
        gate=None,  # type: ignore[arg-type]
        review=guardrails.review,
        clock=time.monotonic,
    )
    analysis = Analysis(model_id="test", vector=(1.0,), sentiment=0.7, escalation={})
    return RunContext(turn=turn(text, **fields), analysis=analysis, config=config, services=services, **own)


def searched(run: RunContext, *, ok: bool = True, text: str = RESET) -> RunContext:
    """Note a search that found one passage."""
    relevance = Relevance(ok=ok, score=0.7 if ok else 0.2, threshold=0.5)
    run.searches.append(Search(query="q", category=None, passages=(passage(text),), relevance=relevance))
    run.phase = "searched"
    return run
