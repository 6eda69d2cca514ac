"""The channel as the product runs it: ingress, reporting node and delivery, with a broker between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from db.pool import create_pool
from deployments.reporting.node import ReportingNode
from evaluation.providers.journal import Kind
from serve_app.nodes.delivery import senders
from serve_app.nodes.reporting import _mailbox
from serve_app.settings.channels import GmailArgs
from tests.fixtures.graph import Graph, graph, group, kafka
from tests.fixtures.mail_channel import Post
from tests.fixtures.waiting import eventually
from tests.integration.api.serving import arguments
from tests.integration.mail.test_mail_pushes import both, gmail_args, post

__all__ = ["both", "graph", "group", "kafka", "post"]


@pytest.fixture
async def gmail(post: Post) -> GmailArgs:
    return gmail_args(post.options, post.control.base_url)


@pytest.fixture
async def reporting(post: Post, graph: Graph, gmail: GmailArgs) -> AsyncIterator[ReportingNode]:
    pool = await create_pool(post.database_url, size=4, min_size=0)
    mailbox = _mailbox(arguments(post.database_url, gmail=gmail), pool)
    assert mailbox is not None
    node = ReportingNode(pool=pool, kafka=graph.kafka, group=graph.group, mailbox=mailbox)
    yield node
    await node.close()


async def test_r1_a_mail_is_answered_seconds_after_its_push_and_health_is_healthy(
    post: Post, graph: Graph, reporting: ReportingNode, gmail: GmailArgs
) -> None:
    pool = await create_pool(post.database_url, size=4, min_size=0)
    args = arguments(post.database_url, gmail=gmail)
    found = senders(args, pool)
    assert [sender.channel for sender in found] == ["web_form", "email"]
    from deployments.delivery.node import DeliveryNode

    graph.parts.append(DeliveryNode(pool=pool, senders=found))
    await graph.worker()
    await asyncio.to_thread(post.control.wait_for, 1, kind=Kind.WATCH_SET, seconds=20)
    asked = await asyncio.to_thread(post.question)
    (reply,) = await asyncio.to_thread(post.control.wait_for, 1, kind=Kind.MAIL_SENT, seconds=30)
    assert reply.thread == asked["thread_id"]
    assert any(entry.details["status"] == 200 for entry in post.control.journal(kind=Kind.PUSH))

    async def well() -> bool:
        query = "SELECT count(*) FROM node_status WHERE node = 'email' AND status = 'healthy'"
        return bool(await post.store.value(query) == 2)

    await eventually(well)
    await reporting.check_health()
