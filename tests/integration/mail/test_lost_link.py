"""T-S8: a lost link goes to the ticket's address alone, once an hour, and the answer reveals nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from deployments.channels.status_mails import LINK
from serve_app.api.public.status_link import status_link
from tests.fixtures.mail_channel import Post
from tests.fixtures.waiting import eventually
from tests.integration.api.serving import SECRET, Served, arguments, running
from tests.integration.mail.test_mail_pushes import gmail_args

ANN, EVE = "ann@example.com", "eve@example.com"
MAILS = "SELECT count(*) FROM outbox WHERE author = 'system'"


@pytest.fixture
async def api(post: Post, database_url: str) -> AsyncIterator[Served]:
    args = arguments(database_url, gmail=gmail_args(post.options, post.control.base_url))
    async with running(args) as served:
        yield served


async def ask(api: Served, number: str, address: str) -> httpx.Response:
    return await api.client.post(f"/api/v1/tickets/{number}/link", json={"email": address})


async def queued(post: Post, mails: int) -> None:
    """Wait until so many mails are in the outbox: they are queued behind the answer."""

    async def so() -> bool:
        return bool(await post.store.value(MAILS) == mails)

    await eventually(so, within_s=60)


def told(response: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All of an answer that could differ."""
    named = {"x-request-id", "date"}
    return response.status_code, response.content, [one for one in response.headers.items() if one[0] not in named]


async def test_t_s8_the_link_goes_to_the_tickets_own_address_and_the_answer_tells_nothing(
    post: Post, api: Served
) -> None:
    await post.store.form("How do I log in?", email=ANN)
    [number] = post.store.numbers
    answers = [await ask(api, number, EVE), await ask(api, "TKT-9999", ANN), await ask(api, "no number", ANN)]
    answers.append(await ask(api, number, "ANN@example.com"))
    assert [told(one) for one in answers] == [told(answers[0])] * 4
    assert answers[0].status_code == 202
    await queued(post, 1)
    await post.delivery()
    await post.settled(within_s=60)
    (mail,) = post.sent()
    assert (mail.to, mail.header("Subject")) == ((ANN,), LINK)
    assert status_link(arguments("").public_base_url, SECRET, number) in mail.body
    assert "Ann Lee" not in mail.body


async def test_t_s8_a_link_is_sent_once_an_hour(post: Post, api: Served) -> None:
    for _ in range(2):
        await post.store.form("How do I log in?", email=ANN)
    first, second = post.store.numbers
    await post.delivery()
    await ask(api, first, ANN)
    await queued(post, 1)
    await post.settled(within_s=60)
    await ask(api, first, ANN)
    await ask(api, second, ANN)
    await queued(post, 2)
    assert len(post.sent()) == 1
    [waiting] = await post.store.rows(
        "SELECT metadata -> 'tickets' AS tickets, next_attempt_at > now() + interval '50 minutes' AS later "
        "FROM outbox WHERE state = 'ready'"
    )
    assert waiting == {"tickets": {second: "link"}, "later": True}


async def test_t_s8_calls_are_limited_by_client_address(api: Served) -> None:
    # The next windows too: this one may end before the call.
    await api.pool.execute(
        "INSERT INTO rate_limits (key, window_start, hits) "
        "SELECT 'lost-link:127.0.0.1', date_trunc('minute', now()) + n * interval '1 minute', 120 "
        "FROM generate_series(0, 9) n"
    )
    refused = await ask(api, "TKT-0001", ANN)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


async def test_without_gmail_a_lost_link_is_refused_whatever_the_ticket(post: Post, database_url: str) -> None:
    async with running(arguments(database_url)) as served:
        refused = await ask(served, "TKT-0001", ANN)
    assert (refused.status_code, refused.json()["error"]) == (403, "CHANNEL_OFF")
