"""The least that accepts a form: FastAPI, asyncpg and the tables, for `bench acceptance` to be held against.

`python -m evaluation.benchmarks.bare_forms PORT` reads the address of a migrated database from its input. A form is
stored by six ordinary statements in a transaction (`/ordinary`), or by the product's one (`/single`). Neither limits
anybody, nor wakes whoever answers.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, Request
from pydantic import BaseModel

from db.ids import new_id
from db.intake.web_form import Claim, NewForm, accept_form
from db.pool import Connection, Pool, acquire, create_pool
from db.records import Priority
from db.sql import statements
from evaluation.benchmarks.child_server import LOOPBACK

POOL = 10
_SQL = statements(__file__)


class Form(BaseModel):
    """The fields of a web form."""

    name: str
    email: str
    subject: str
    category: str
    priority: Priority = "medium"
    message: str


def app(database_url: str) -> FastAPI:
    """Return the two calls over a pool on this database."""
    pools: list[Pool] = []

    @asynccontextmanager
    async def with_pool(_app: FastAPI) -> AsyncIterator[None]:
        pools.append(await create_pool(database_url, size=POOL))
        yield
        await pools[0].close()

    async def answered(form: Form, request: Request, store: Callable[[Connection, NewForm], Awaitable[str]]) -> Answer:
        async with acquire(pools[0]) as connection:
            number = await store(connection, _rows(form, request.headers["idempotency-key"]))
        return Answer(ticket_id=number, status="open")

    bare = FastAPI(lifespan=with_pool)

    @bare.post("/ordinary", status_code=201)
    async def ordinary(form: Form, request: Request) -> Answer:
        return await answered(form, request, in_six_statements)

    @bare.post("/single", status_code=201)
    async def single(form: Form, request: Request) -> Answer:
        return await answered(form, request, in_one_statement)

    return bare


class Answer(BaseModel):
    """What is answered with 201."""

    ticket_id: str
    status: str


async def in_six_statements(connection: Connection, form: NewForm) -> str:
    """Store a form as anybody would; return the ticket's number."""
    async with connection.transaction():
        # fmt: off
        customer = await connection.fetchval(
            _SQL["customer"], form.customer_id, form.sender_key, form.email, form.name
        )
        await connection.execute(_SQL["conversation"], form.conversation_id, customer, form.subject, form.sender_key)
        ticket = await connection.fetchrow(
            _SQL["ticket"], form.ticket_id, customer, form.conversation_id, form.category, form.priority, form.subject
        )
        await connection.execute(
            _SQL["message"], form.message_id, form.conversation_id, form.ticket_id, customer, form.content, form.key
        )
        await connection.execute(
            _SQL["inbox"], form.inbox_id, form.key, form.sender_key, form.conversation_id, form.ticket_id,
            form.message_id, form.body_hash, form.payload,
        )
        await connection.execute(
            _SQL["event"], form.event_id, form.topic, form.sender_key, form.payload, form.inbox_id
        )
        # fmt: on
    assert ticket is not None
    return str(ticket["number"])


async def in_one_statement(connection: Connection, form: NewForm) -> str:
    """Store a form by the product's statement; return the ticket's number."""
    return (await accept_form(connection, form)).ticket_number


def _rows(form: Form, key: str) -> NewForm:
    body = form.model_dump_json()
    return NewForm(
        key=key,
        body_hash=hashlib.sha256(body.encode()).digest(),
        sender_key=f"email:{form.email}",
        name=form.name,
        email=form.email,
        phone=None,
        claims=(Claim(id=new_id(), type="email", value=form.email),),
        subject=form.subject,
        category=form.category,
        priority=form.priority,
        content=form.message,
        topic="fte.tickets.incoming",
        payload=body,
        inbox_id=new_id(),
        customer_id=new_id(),
        conversation_id=new_id(),
        ticket_id=new_id(),
        message_id=new_id(),
        event_id=new_id(),
    )


if __name__ == "__main__":
    uvicorn.run(app(sys.stdin.readline().strip()), host=LOOPBACK, port=int(sys.argv[1]), log_level="warning")
