"""R8: outside the 24-hour window a WhatsApp reply goes by mail, but only to an address that was linked."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator

import pytest

from db.pool import create_pool
from deployments.channels.gmail.client import Gmail
from deployments.channels.gmail.sender import GmailSender
from deployments.delivery.node import DeliveryNode
from deployments.identity.links import IdentityLinks, LinkKey
from evaluation.providers.control_client import ControlClient
from evaluation.providers.gmail import GmailOptions, gmail_app
from evaluation.providers.serving import serve_in_thread
from evaluation.providers.shared_state import SharedState
from serve_app.nodes.delivery import senders
from tests.fixtures.people import ANN
from tests.fixtures.whatsapp_channel import (
    EVE,
    Line,
    Store,
    control,
    listener,
    opened_line,
    plain_logs,
    store,
    twilio_args,
    twilio_options,
)

__all__ = ["control", "listener", "plain_logs", "store", "twilio_options"]


@pytest.fixture
async def line(listener: socket.socket, control: ControlClient, store: Store, database_url: str) -> AsyncIterator[Line]:
    """WhatsApp without a template."""
    twilio = twilio_args(control, template_sid=None)
    async with opened_line(listener, control, store, database_url, twilio=twilio) as opened:
        yield opened


async def deliver(line: Line, post: ControlClient) -> None:
    """Start a delivery node with the senders of WhatsApp and mail."""
    pool = await create_pool(line.args.database_url, size=6)
    options = GmailOptions()
    gmail = Gmail(
        client_id=options.client_id,
        client_secret=options.client_secret,
        refresh_token=options.refresh_token,
        api_base_url=post.base_url,
        token_url=f"{post.base_url}/token",
    )
    by_mail = GmailSender(pool=pool, gmail=gmail, address=options.user)
    line.deliveries.append(
        DeliveryNode(pool=pool, senders=[*senders(line.args, pool), by_mail], poll_s=0.05, look_up_s=0.1, check_s=0.5)
    )


@pytest.mark.parametrize("linked", [True, False])
async def test_r8_a_reply_outside_the_window_goes_by_mail_to_a_linked_address_only(line: Line, linked: bool) -> None:
    await line.answered("How do I export a board?")
    await line.store.form("Where is my export?", phone=EVE)
    links = IdentityLinks(pool=line.store.pool, secret_key="secret", public_base_url=line.url)
    request = await links.request(line.store.numbers[-1])
    assert request is not None
    for side in ("email", "number") if linked else ("email",):
        await links.confirm(links.token(LinkKey(link_id=request, side=side)))
    await line.store.execute("DELETE FROM outbox WHERE author = 'system'")
    await line.store.execute("UPDATE inbox SET received_at = now() - interval '24 hours 1 minute'")
    with serve_in_thread(gmail_app(GmailOptions(), SharedState.create())) as url, ControlClient(url) as post:
        await deliver(line, post)
        await line.all_in("sent" if linked else "parked")
        sent = post.journal(kind="mail_sent")
    assert line.accepted() == []
    assert [(entry.to, "About: How do I export a board?" in entry.body) for entry in sent] == [((ANN,), True)] * linked
    assert "INV4" not in await line.store.violations()
