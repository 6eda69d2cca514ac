"""I2: what an address gets to see of a link, through Google's own client."""

from __future__ import annotations

from deployments.identity.links import IdentityLinks
from tests.fixtures.mail_channel import Post, control, gmail_options, plain_logs, post, store
from tests.fixtures.people import ANN, EVE, accept, whatsapp
from tests.fixtures.waiting import eventually

__all__ = ["control", "gmail_options", "plain_logs", "post", "store"]


async def test_i2_a_mail_address_gets_its_link_in_a_new_thread(post: Post) -> None:
    await accept(post.store, whatsapp("Hello"))
    await post.store.form("Where is my export?", phone=EVE)
    base = "https://help.example"
    links = IdentityLinks(pool=post.store.pool, secret_key="secret", public_base_url=base)
    assert await links.request(post.store.numbers[-1])
    await post.delivery()
    state = "SELECT count(*) FROM outbox WHERE channel = 'email' AND state = 'sent'"

    async def sent() -> bool:
        return bool(await post.store.value(state))

    await eventually(sent)
    [entry] = post.sent()
    assert entry.to == (ANN,)
    assert entry.header("subject") == "Confirm that this is you"
    assert entry.body.count("https://help.example/link#") == 1
    assert "ends in 4567" in entry.body
    assert EVE not in entry.body
