"""K3 on mail and WhatsApp: replicas are killed while customers write; nothing is lost and no reply
sent twice, by the providers' journals."""

from __future__ import annotations

import asyncio
import os

import pytest

from evaluation.benchmarks.processes import REPLICA
from evaluation.providers.journal import Kind
from tests.fixtures.channels import Channels, new_address, new_number
from tests.fixtures.oracle import expect_one_reply_each
from tests.fixtures.product import Product
from tests.fixtures.waiting import eventually

pytestmark = [pytest.mark.product, pytest.mark.full, pytest.mark.timeout(3600)]

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "10"))
PARTS = ("delivery", "reporting", "ingest")
SETTLE_S = 12.0
PER_SECOND = 1.0
"""Each second a mail and a WhatsApp message; Gmail's quota lets 1.8 replies a second through."""
QUESTION = "How do I reset my password?"


class Writers:
    """Customers who write until `stop`, each once and from a new address or number."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self._writing = True
        self.addresses: list[str] = []
        self.numbers: dict[str, str] = {}

    async def keep_writing(self) -> None:
        """Write until `stop`."""
        while self._writing:
            self.addresses.append(new_address())
            number = new_number()
            await asyncio.to_thread(self._mail, self.addresses[-1])
            self.numbers[number] = await asyncio.to_thread(self._channels.phone.write_whatsapp, number, QUESTION)
            await asyncio.sleep(1 / PER_SECOND)

    def stop(self) -> None:
        """Stop writing."""
        self._writing = False

    def _mail(self, address: str) -> None:
        self._channels.mail.write_mail(sender=address, subject="Signing in", text=QUESTION)

    def acknowledged(self) -> list[str]:
        """The numbers whose message was acknowledged to Twilio; mails need none, Gmail keeps them."""
        done = {one.message_id for one in self._channels.posts(Kind.WEBHOOK) if one.details["status"] == 200}
        return [number for number, sid in self.numbers.items() if sid in done]


async def test_k3_replicas_killed_while_mails_and_messages_arrive(product: Product, channels: Channels) -> None:
    await asyncio.to_thread(product.wait_healthy)
    writers = Writers(channels)
    writing = asyncio.create_task(writers.keep_writing())
    await asyncio.sleep(3)
    for part in PARTS * ROUNDS:
        await eventually(lambda part=part: product.processes(f"{REPLICA}{part}"), within_s=300, pause_s=0.2)
        assert await asyncio.to_thread(product.kill, f"{REPLICA}{part}"), f"no replica of {part} was running"
        await asyncio.sleep(SETTLE_S)
    writers.stop()
    await writing
    await asyncio.to_thread(product.wait_healthy)
    acknowledged = writers.acknowledged()
    print(f"{len(PARTS) * ROUNDS} kills, {len(writers.addresses)} mails, {len(acknowledged)} messages acknowledged")
    assert len(acknowledged) == len(writers.numbers), "the ingress was not killed"
    await expect_one_reply_each(product, channels, [*writers.addresses, *acknowledged], seconds=300)
