"""H2, T-S4: guessed numbers and tokens find nothing, and existing tickets cannot be distinguished from others."""

from __future__ import annotations

import asyncio
import random
import time
from statistics import median
from typing import Any

import pytest

from tests.integration.api.serving import Served

pytestmark = pytest.mark.asyncio(loop_scope="module")

TICKETS = 20
SAME_TIME = (0.8, 1.25)
ATTACKS = 4
"""A difference that is ours is there each time; one that a busy machine makes is not."""


def guesses(number: int, tokens: list[str]) -> list[tuple[str, str]]:
    """Existing and unknown numbers in turn, with no token, a made-up one, another ticket's, and that one altered."""
    chance = random.Random(4)
    made: list[tuple[str, str]] = []
    for n in range(number):
        real = n % 2 == 0
        ticket = f"TKT-{1 + n // 2 % TICKETS if real else 5000 + n:04d}"
        other = tokens[(n // 2 + 1) % TICKETS]  # the token of the next ticket
        kinds = ("", chance.randbytes(16).hex(), other, other[:-1], other + "A", other.swapcase())
        made.append((ticket, kinds[n // 2 % len(kinds)]))
    return made


async def attack(api: Served, number: int) -> dict[bool, list[float]]:
    """Guess one by one; the milliseconds of each answer, apart for tickets that exist and others."""
    tickets = [await api.submit(email=f"c{n}@example.com") for n in range(TICKETS)]
    took: dict[bool, list[float]] = {True: [], False: []}
    bodies = set()
    for n, (ticket, token) in enumerate(guesses(number, [ticket["status_token"] for ticket in tickets])):
        if n % 100 == 0:  # the next of the attacker's many addresses
            await api.pool.execute("DELETE FROM rate_limits")
        started = time.perf_counter()
        answer = await api.client.get(f"/api/v1/tickets/{ticket}", params={"token": token} if token else None)
        took[n % 2 == 0].append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 404, f"{ticket} opened by {token!r}"
        bodies.add(_without_request_id(answer.json()))
    assert len(bodies) == 1
    return took


def _without_request_id(body: dict[str, Any]) -> str:
    return str(sorted((name, value) for name, value in body.items() if name != "request_id"))


@pytest.mark.parametrize("number", [1_000, pytest.param(10_000, marks=pytest.mark.full)])
async def test_t_s4_no_guess_hits_and_all_answers_are_alike(api: Served, number: int) -> None:
    ratios: list[float] = []
    for _ in range(ATTACKS):
        took = await attack(api, number)
        ratios.append(median(took[True]) / median(took[False]))
        if SAME_TIME[0] < ratios[-1] < SAME_TIME[1]:
            return
    pytest.fail(f"answers about existing tickets take {ratios} times as long as others, each time")


async def test_t_s4_guessing_is_slowed_down(serve: Any) -> None:
    async with serve(public_rate_limit="30/minute") as api:
        calls = [api.client.get(f"/api/v1/tickets/TKT-{n:04d}", params={"token": "x"}) for n in range(300)]
        answers = await asyncio.gather(*calls)
        assert sorted({answer.status_code for answer in answers}) == [404, 429]
        assert sum(answer.status_code == 404 for answer in answers) <= 240  # two windows of 120 at most
