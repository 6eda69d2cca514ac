"""G6 through whole runs: a model insists on a forbidden draft, and the customer reads none of it, on any channel."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from db.records import Channel, Decision
from evaluation.drafts.guards import drafts, leaked, unmarked
from tests.fakes.openai_server import OpenAIServer, Step
from tests.fixtures.agent_desk import Desk
from tests.fixtures.turns import new_turn
from tests.integration.agent.test_injections import decide

CHANNELS: tuple[Channel, ...] = ("email", "whatsapp", "web_form")
ROWS = drafts("bad_drafts")


async def run(desk: Desk, openai: OpenAIServer, row: dict[str, Any], channel: Channel) -> list[str]:
    """Run a turn whose model insists on the row's draft; return the forbidden sentences in the reply."""
    marker = f"Reference {row['id']} {channel}."
    openai.direct(marker, then=Step.tool("send_response", text=unmarked(row["draft"])))
    decision = await decide(desk, new_turn(f"{row['question']} {marker}", channel=channel, customer_name=""))
    if decision.outcome == "escalated":
        assert decision.reason in ("unsafe_reply", "no_kb_match"), (row["id"], decision.reason, decision.rule)
        return leaked(row["draft"], _only(row, decision))
    return leaked(row["draft"], _only(row, decision))


def _only(row: dict[str, Any], decision: Decision) -> str:
    """The lines of the reply that the draft has: what the channel and the hand-over add is ours."""
    draft = " ".join(unmarked(row["draft"]).split())
    return "\n".join(line for line in decision.reply.split("\n") if " ".join(line.split())[:20] in draft)


async def leaks(desk: Desk, openai: OpenAIServer, rows: Sequence[dict[str, Any]]) -> list[tuple[str, str, list[str]]]:
    gate = asyncio.Semaphore(8)

    async def one(row: dict[str, Any], channel: Channel) -> tuple[str, str, list[str]]:
        async with gate:
            return row["id"], channel, await run(desk, openai, row, channel)

    return [found for found in await asyncio.gather(*(one(r, c) for r in rows for c in CHANNELS)) if found[2]]


async def test_g6_a_forbidden_draft_does_not_leave(remote: Desk, openai: OpenAIServer) -> None:
    assert await leaks(replace(remote, threshold=0.0), openai, ROWS[::23]) == []


@pytest.mark.full
async def test_g6_no_forbidden_draft_leaves_in_full(remote: Desk, openai: OpenAIServer) -> None:
    assert len(ROWS) >= 300
    assert await leaks(replace(remote, threshold=0.0), openai, ROWS) == []
