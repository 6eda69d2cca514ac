"""What `bench growth` does in a store of some size: the product's own statements, and the seconds that each took."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

from db import knowledge
from db.intake.web_form import NewForm, accept_form
from db.measurement import growth, scaled_store
from db.pool import Connection, Pool, acquire
from db.staff import conversations, customer_lookup
from db.staff.conversations import ListState
from db.tickets.reads import ticket_with_messages
from db.turns import leases
from deployments.identity.node import IdentityNode
from embeddings.judge import CANDIDATES
from ingest.web_form import SupportForm, new_form

Call = Callable[[], Awaitable[Mapping[str, float]]]
"""Makes one call, or several that are held against each other, and returns the seconds of each by name."""
SEARCH, BARE = "search of the knowledge base", "the bare pgvector statement"
A_PAGE = 8
"""Messages of a page of a history: as many as the shortest one has."""
ASKED = 1_000
"""Vectors that are searched for, in turn."""


async def of_history(pool: Pool, _messages: int) -> Sequence[Call]:
    """Return the calls for the customer whose history grows."""
    async with acquire(pool) as connection:
        waiting = await growth.waiting(connection, growth.SENDER_KEY)
        customer = await customer_lookup.find_customer(connection, email=growth.SENDER)
    assert customer is not None
    person, oldest = customer.customer_id, customer.tickets[-1].ticket_id
    return (
        _turn(pool, waiting, of=person),
        _read(pool, "the status page of a ticket", lambda c: ticket_with_messages(c, oldest)),
        _read(
            pool,
            "a page of the history, at the desk",
            lambda c: customer_lookup.thread(c, person, after=None, limit=A_PAGE),
        ),
    )


async def of_passages(pool: Pool, passages: int, dimensions: int) -> Sequence[Call]:
    """Return the searches: by the product and bare, with the same vector on the same connection; and in a category."""
    direction = itertools.cycle((1, -1))
    asked = itertools.cycle(list(growth.vectors(ASKED, dimensions, seed=passages)))
    async with acquire(pool) as connection:
        bare = await growth.bare_statement(connection, dimensions)

    async def product_and_bare() -> Mapping[str, float]:
        vector = next(asked)
        async with acquire(pool) as connection:
            ways = [
                (SEARCH, lambda: knowledge.search(connection, growth.MODEL, vector, limit=CANDIDATES)),
                (BARE, lambda: growth.bare_search(connection, bare, vector, CANDIDATES)),
            ]
            # Both find the pages in the cache, and each comes first every other time.
            await growth.bare_search(connection, bare, vector, CANDIDATES)
            return {name: await _seconds(way) for name, way in ways[:: next(direction)]}

    def in_category(connection: Connection) -> Awaitable[Sequence[Any]]:
        return knowledge.search(connection, growth.MODEL, next(asked), limit=CANDIDATES, category=growth.RARE)

    return product_and_bare, _read(pool, "search in a category, one passage of a hundred", in_category)


async def of_tickets(pool: Pool, tickets: int) -> Sequence[Call]:
    """Return the calls in a store with so many tickets."""
    chance, customers = random.Random(tickets), int(tickets / scaled_store.TICKETS_A_CUSTOMER)
    async with acquire(pool) as connection:
        waiting = await growth.waiting(connection)

    def address() -> str:
        return f"c{chance.randint(1, customers)}@example.com"

    def number() -> str:
        return f"TKT-{chance.randint(1, tickets):04d}"

    def desk(state: ListState) -> Call:
        return _read(pool, f"the desk's list: {state}", lambda c: conversations.list_work(c, state))

    return (
        _read(pool, "a form is accepted", lambda c: accept_form(c, _form(address()))),
        _turn(pool, waiting),
        _read(pool, "the status page of a ticket", lambda c: ticket_with_messages(c, number())),
        _read(pool, "a customer is looked up", lambda c: customer_lookup.find_customer(c, email=address())),
        *(desk(state) for state in get_args(ListState)),
        _read(pool, "the desk's search: a ticket's number", lambda c: conversations.search(c, number())),
        _read(pool, "the desk's search: an address", lambda c: conversations.search(c, address())),
    )


def _turn(pool: Pool, waiting: Sequence[UUID], of: UUID | None = None) -> Call:
    """Return the call that opens the turns of these messages, one after the other; `of`: whose they have to be."""
    node, rows = IdentityNode(pool=pool), itertools.cycle(waiting)

    async def call() -> Mapping[str, float]:
        began = time.perf_counter()
        opened = await node.open_turns([next(rows)], "growth")
        seconds = time.perf_counter() - began
        assert opened, "a message that waits opens a turn"
        assert of is None or all(turn.customer_id == of for turn in opened.values()), "another customer's turn"
        async with acquire(pool) as connection:
            await leases.release(connection, [turn.lease for turn in opened.values()])
        return {"a turn is opened, with its history": seconds}

    return call


def _read(pool: Pool, name: str, work: Callable[[Connection], Awaitable[object]]) -> Call:
    """Return a call that does this on a connection; it has to find something."""

    async def call() -> Mapping[str, float]:
        async with acquire(pool) as connection:
            return {name: await _seconds(lambda: work(connection))}

    return call


async def _seconds(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    found = await work()
    seconds = time.perf_counter() - began
    assert found, "a call that finds nothing measures nothing"
    return seconds


def _form(email: str) -> NewForm:
    form = SupportForm(
        name="Ada Byron",
        email=email,
        subject="Exporting a board",
        category="how_to",
        message="How do I export a board?",
    )
    return new_form(form, key=None, now=datetime.now(UTC))
