"""K3: a sender that stood still between taking its lease and calling Twilio does not call any more."""

from __future__ import annotations

import pytest

from db.pool import create_pool
from deployments.channels.sender import LEASE_S
from deployments.channels.whatsapp.sender import WhatsAppSender
from deployments.channels.whatsapp.twilio_client import CALL_S, Twilio
from deployments.delivery.node import DeliveryNode
from evaluation.providers.twilio import TwilioOptions
from tests.fixtures.whatsapp_channel import Line


class Paused:
    """A clock that jumps when the first part's lease is taken, as it does for a process that is stopped and goes on."""

    def __init__(self, seconds: float) -> None:
        self.now, self._seconds = 0.0, seconds

    def failpoint(self, point: str) -> None:
        if point == "whatsapp:begun":
            self.now, self._seconds = self.now + self._seconds, 0.0


@pytest.mark.parametrize(
    ("seconds", "attempts"), [(0.0, 1), (LEASE_S - CALL_S - 1, 1), (LEASE_S - CALL_S + 1, 2), (10 * LEASE_S, 2)]
)
async def test_k3_a_sender_that_was_stopped_calls_only_while_its_lease_lasts(
    line: Line, seconds: float, attempts: int
) -> None:
    await line.answered("Hello")
    paused, options = Paused(seconds), TwilioOptions()
    pool = await create_pool(line.args.database_url, size=4)
    sender = WhatsAppSender(
        pool=pool,
        twilio=Twilio(
            account_sid=options.account_sid,
            auth_token=options.auth_token,
            number=options.number,
            base_url=line.control.base_url,
        ),
        public_base_url=line.url,
        clock=lambda: paused.now,
        failpoint=paused.failpoint,
    )
    line.deliveries.append(DeliveryNode(pool=pool, senders=[sender], poll_s=0.05))
    await line.all_in("sent")
    assert [entry.body for entry in line.accepted()] == ["About: Hello"]
    assert await line.store.value("SELECT attempts FROM outbox") == attempts
    assert await line.store.violations(within_s=60) == {}
