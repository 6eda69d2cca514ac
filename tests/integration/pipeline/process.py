"""One part of the message path in a process of its own, which kills itself at a named point (SIGKILL: no clean-up).

`python -m tests.integration.pipeline.process '{"part": "worker", "dsn": …, "die_at": "pipeline:decided"}'`
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from typing import Any
from uuid import UUID

from db.outbound.channel_configs import ChannelConfigs
from db.pool import create_pool
from deployments.channels.web_form import WebFormSender
from deployments.delivery.node import DeliveryNode
from deployments.identity.node import IdentityNode
from deployments.ingest_node import IngestNode
from deployments.turns.failure_notice import FailureNotice
from deployments.turns.node_calls import NodeCalls
from deployments.turns.pipeline import Pipeline
from deployments.turns.policy import TurnPolicy
from deployments.turns.reply_limit import ReplyLimit
from ingest.bus.relay import Relay
from ingest.events import InboundMessage
from serve_app.settings.app_args import KafkaArgs
from tests.fakes.nodes import FlatAnalysis, ScriptedAgent


class Failpoint:
    """Kills this process when a point is passed for the `nth` time."""

    def __init__(self, die_at: str, nth: int = 1) -> None:
        self._die_at, self._left = die_at, nth

    def __call__(self, name: str) -> None:
        self._left -= name == self._die_at
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


async def main(task: dict[str, Any]) -> None:
    pool = await create_pool(task["dsn"], size=5)
    kafka = KafkaArgs(bootstrap_servers=task["kafka"], partitions=3)
    failpoint = Failpoint(task["die_at"], task.get("nth", 1))
    nodes: dict[str, Any] = {"identity": IdentityNode(pool=pool), "analysis": FlatAnalysis(), "agent": ScriptedAgent()}
    if task["part"] == "pipeline":
        relay = Relay(pool=pool, kafka=kafka)
        notice = FailureNotice(configs=ChannelConfigs(pool), links=str)
        policy = TurnPolicy(limit=ReplyLimit(configs=ChannelConfigs(pool), links=str))
        pipeline = Pipeline(
            pool=pool,
            nodes=NodeCalls(**nodes, policy=policy, holder="killed"),
            failure_notice=notice,
            relay=relay,
            holder="killed",
            failpoint=failpoint,
        )
        await asyncio.gather(*(pipeline.handle(_wake(wake)) for wake in task["wakes"]))
    elif task["part"] == "relay":
        relay = Relay(pool=pool, kafka=kafka, failpoint=failpoint)
        relay.start()
    elif task["part"] == "delivery":
        DeliveryNode(pool=pool, senders=[WebFormSender()], lease_s=1.0, poll_s=0.05, failpoint=failpoint)
    else:
        IngestNode(
            pool=pool, kafka=kafka, **nodes, links=str, group=task["group"], session_ms=6000, failpoint=failpoint
        )
    await asyncio.sleep(240)


def _wake(inbox_id: str) -> InboundMessage:
    return InboundMessage.model_validate(
        {
            "inbox_id": UUID(inbox_id),
            "conversation_id": UUID(int=0),
            "message_id": inbox_id,
            "channel": "web_form",
            "customer_identifier": "somebody@example.com",
            "identifier_type": "email",
            "content": "",
            "timestamp": "2026-01-01T00:00:00Z",
        }
    )


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
