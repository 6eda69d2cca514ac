"""I2: what a number gets to see of a link, through Twilio's own client."""

from __future__ import annotations

from deployments.identity.links import IdentityLinks
from tests.fixtures.waiting import eventually
from tests.fixtures.whatsapp_channel import EVE, Line, control, line, listener, plain_logs, store, twilio_options

__all__ = ["control", "line", "listener", "plain_logs", "store", "twilio_options"]


async def test_i2_the_number_gets_its_own_link(line: Line) -> None:
    await line.answered("Hello")
    await line.store.form("Where is my export?", phone=EVE)
    links = IdentityLinks(pool=line.store.pool, secret_key="secret", public_base_url=line.url)
    assert await links.request(line.store.numbers[-1])
    await line.deliver()

    async def both() -> bool:
        return len(line.accepted()) == 2

    await eventually(both)
    # Two conversations: their replies have no common order.
    [entry] = [entry for entry in line.accepted() if "/link#" in entry.body]
    assert entry.to == (f"whatsapp:{EVE}",)
    assert entry.body.count(f"{line.url}/link#") == 1
    assert "begins with a" in entry.body
    assert "ann@example.com" not in entry.body
