"""W2: every page and state as it looks (`web-form/e2e/looks.mjs`): light and dark, narrow and wide, in three languages.

`pytest -m full tests/integration/staff/test_looks.py` takes all screenshots, into `web-form/e2e/shots/looks`.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from deployments.analysis_node import AnalysisNode
from embeddings.encoder import Encoder
from serve_app.api.base.proxy_errors import ProxyErrors
from serve_app.api.public.status_link import status_token
from tests.fixtures.agent_desk import analysis_node, encoder
from tests.fixtures.drafting import drafting_nodes
from tests.fixtures.node import node
from tests.fixtures.office import Office
from tests.integration.api.serving import SECRET, STAFF_KEY, arguments, running

__all__ = ["analysis_node", "encoder"]

SHOP = "http://shop.localhost"
LONG = (
    "HANDOVER: Wegen der Zahlungsaufforderungsbestätigungsschreiben und der Rückerstattungsvoraussetzungen bitte. "
    "https://example.com/a/path/without/any/place/to/break/it/that/goes/on/and/on/and/on/and/on/and/on?and=on&and=on\n"
    "نسيت كلمة المرور ولا أستطيع الدخول إلى حسابي. كيف يمكنني إعادة تعيينها؟"
)
SUBJECT = "Rechtsschutzversicherungsgesellschaftskorrespondenz und eine lange, lange Betreffzeile, die umbrechen muss"


@asynccontextmanager
async def _away() -> AsyncIterator[str]:
    """A server in front of an application that fails, as Serve's proxy is."""

    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("no replica")

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(ProxyErrors(failing), log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


async def _states(office: Office) -> dict[str, Any]:
    """Fill the store with a ticket in each state, and say which is which."""
    store, numbers = office.store, office.store.numbers
    named = {}
    for name, text in {"handed_over": "HANDOVER one", "answered": "How do I export a board?", "closed": "Bye"}.items():
        await office.form(text)
        named[name] = numbers[-1]
    by_number = "SELECT conversation_id FROM tickets WHERE number = $1"
    await office.desk.close(await store.value(by_number, named["closed"]), by="ann")
    await office.form(LONG)
    long = await store.value(by_number, numbers[-1])
    await store.execute("UPDATE tickets SET subject = $2 WHERE number = $1", numbers[-1], SUBJECT)
    await office.replies.reply(long, by="bob-with-quite-a-long-name@example.com", text=LONG.replace("HANDOVER", ""))
    await office.form("How do I add a colleague?", approval=True)
    draft = await store.value(by_number, numbers[-1])
    await office.form("BROKEN, please", retry_s=(0.01,) * 4)
    for email in ("one@example.com", "two@example.com"):
        await store.form("My number is this", email=email, phone="+4917012345678")
    await store.form("Nobody has answered this yet")
    named["waiting"] = numbers[-1]
    tickets = {name: {"number": number, "token": status_token(SECRET, number)} for name, number in named.items()}
    day = datetime.now(UTC).date().isoformat()
    return {"tickets": tickets, "long": str(long), "draft": str(draft), "text": LONG, "key": STAFF_KEY, "day": day}


@pytest.mark.full
@pytest.mark.timeout(1800)
async def test_w2_every_page_and_state_looked_at(
    office: Office, database_url: str, encoder: Encoder, analysis_node: AnalysisNode
) -> None:
    nodes = await drafting_nodes(office.store.pool, encoder, analysis_node)
    states = await _states(office)
    args = arguments(database_url, cors_origins=(SHOP,))
    async with running(args, drafting=nodes) as api, _away() as away:
        given = json.dumps({**states, "away": away})
        done = await asyncio.to_thread(node, "e2e/looks.mjs", api.url, SHOP, given, timeout=1700)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
