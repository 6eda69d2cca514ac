"""WhatsApp on real parts: the HTTP side on a port, Twilio's stand-in on another, a store, and delivery between them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import pytest
import uvicorn
from pydantic import SecretStr
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from db.pool import Pool, create_pool
from deployments.delivery.node import Delivery
from deployments.ingress import Ingress
from evaluation.providers.backstage import Backstage
from evaluation.providers.journal import Entry
from evaluation.providers.serving import serve_in_thread
from evaluation.providers.stage import Stage
from evaluation.providers.twilio import DEMO_TEMPLATE, TwilioOptions, twilio_app
from ingest.events import InboundMessage
from serve_app.api import build_for
from serve_app.nodes.delivery import senders
from serve_app.settings.app_args import AppArgs, KafkaArgs
from serve_app.settings.channels import TwilioArgs
from tests.integration.api.serving import SECRET, STAFF_KEY, free_port
from tests.integration.pipeline.conftest import Graph, Store, eventually, group, kafka, plain_logs, store

__all__ = ["Graph", "Line", "Store", "group", "kafka", "plain_logs", "store"]

EVE, BOB = "+491701234567", "+447700900123"
INBOUND, STATUS = "/webhooks/whatsapp", "/webhooks/whatsapp/status"


@dataclass(slots=True, kw_only=True)
class Line:
    """The channel from end to end: customers at the stand-in, our doors, our delivery."""

    url: str
    args: AppArgs
    client: httpx.AsyncClient
    stage: Stage
    store: Store
    deliveries: list[Delivery] = field(default_factory=list)

    def signature(self, path: str, params: Sequence[tuple[str, str]]) -> str:
        """What Twilio would sign."""
        token = self.args.twilio.auth_token
        assert token is not None
        return str(RequestValidator(token.get_secret_value()).compute_signature(f"{self.url}{path}", dict(params)))

    async def post(self, path: str, params: dict[str, str], *, signature: str | None = None) -> httpx.Response:
        """Post a form as Twilio does; the signature is right unless another one is given ('' for none)."""
        made = self.signature(path, list(params.items())) if signature is None else signature
        headers = {"X-Twilio-Signature": made} if made else {}
        return await self.client.post(path, data=params, headers=headers)

    async def write(self, number: str, body: str, **fields: Any) -> str:
        """A customer writes; returns the MessageSid. The webhook follows by itself."""
        return await asyncio.to_thread(partial(self.stage.write_whatsapp, number, body, **fields))

    async def wait_for(self, count: int, *, kind: str, seconds: float = 20.0, **where: Any) -> list[Entry]:
        """The stand-in's journal entries of `kind` once there are `count`."""
        return await asyncio.to_thread(partial(self.stage.wait_for, count, kind=kind, seconds=seconds, **where))

    def accepted(self) -> list[Entry]:
        """What Twilio has taken from us."""
        return self.stage.journal(kind="whatsapp_accepted")

    async def deliver(self, **options: Any) -> Delivery:
        """Start a delivery node with all senders that the arguments allow."""
        pool = await create_pool(self.args.database_url, size=4)
        chosen = {"poll_s": 0.05, "look_up_s": 0.1, "check_s": 0.5, **options}
        self.deliveries.append(Delivery(pool=pool, senders=senders(self.args, pool), **chosen))
        return self.deliveries[-1]

    async def wakes(self) -> list[InboundMessage]:
        """The records that would travel, oldest first."""
        rows = await self.store.rows("SELECT value FROM events WHERE topic = 'fte.tickets.incoming' ORDER BY id")
        return [InboundMessage.model_validate(row["value"]) for row in rows]

    async def answered(self, *texts: str, number: str = EVE) -> list[InboundMessage]:
        """Let a customer write and the agent answer each text, without waiting; the answers stand in the outbox."""
        pipeline = self.store.pipeline()
        for text in texts:
            before = len(await self.wakes())
            await self.write(number, text)
            await eventually(lambda before=before: self._more_than(before), within_s=10)  # type: ignore[misc]
            await self.store.execute("UPDATE conversations SET not_before = NULL")
            assert await pipeline.handle((await self.wakes())[-1]) in ("answered", "escalated", "held")
        return await self.wakes()

    async def _more_than(self, count: int) -> bool:
        return len(await self.wakes()) > count

    async def states(self) -> list[str]:
        """The states of all words, in order."""
        return [row["state"] for row in await self.store.rows("SELECT state FROM outbox ORDER BY id")]

    async def all_in(self, *states: str, within_s: float = 20) -> None:
        """Wait until every word is in one of these states."""

        async def so() -> bool:
            return set(await self.states()) <= set(states)

        await eventually(so, within_s=within_s)

    async def hurry(self) -> None:
        """Let every pause pass that a word waits for."""
        await self.store.execute(
            "UPDATE outbox SET next_attempt_at = now(), lease_until = NULL WHERE state IN ('ready', 'unknown')"
        )


Open = Callable[..., Awaitable[Line]]


@pytest.fixture
def twilio_options() -> TwilioOptions:
    return TwilioOptions(status_seconds=0.02)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Where we are to be reached; bound early, because everybody's signatures depend on it."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.bind(("127.0.0.1", 0))
    yield bound
    bound.close()


@pytest.fixture
def stage(listener: socket.socket, twilio_options: TwilioOptions) -> Iterator[Stage]:
    """Twilio's stand-in, which posts to us."""
    options = TwilioOptions(
        webhook_url=f"{base_url(listener)}{INBOUND}",
        **{name: getattr(twilio_options, name) for name in ("status_seconds", "messages_per_second", "reads")},
    )
    with serve_in_thread(twilio_app(options, Backstage.opened())) as url, Stage(url) as opened:
        yield opened


@pytest.fixture
async def line(listener: socket.socket, stage: Stage, store: Store, database_url: str) -> AsyncIterator[Line]:
    """The channel with a template, a quiet gap of 0.3 s and the broker away."""
    async with opened_line(listener, stage, store, database_url) as opened:
        yield opened


def base_url(listener: socket.socket) -> str:
    """The address of a bound socket."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def twilio_args(stage: Stage, **changes: Any) -> TwilioArgs:
    """The settings that lead to the stand-in."""
    options = TwilioOptions()
    standard: dict[str, Any] = {
        "account_sid": options.account_sid,
        "auth_token": SecretStr(options.auth_token),
        "number": options.number,
        "template_sid": DEMO_TEMPLATE,
        "api_base_url": stage.base_url,
        "quiet_s": 0.3,
    }
    return TwilioArgs(**standard | changes)


@asynccontextmanager
async def opened_line(
    listener: socket.socket,
    stage: Stage,
    store: Store,
    database_url: str,
    *,
    kafka: KafkaArgs | None = None,
    twilio: TwilioArgs | None = None,
    **changes: Any,
) -> AsyncIterator[Line]:
    """Serve the HTTP side on the listener; the stand-in knows its address."""
    args = AppArgs(
        database_url=database_url,
        kafka=kafka or KafkaArgs(bootstrap_servers=f"127.0.0.1:{free_port()}"),
        secret_key=SecretStr(SECRET),
        staff_api_key=SecretStr(f"ann:{STAFF_KEY}"),
        public_rate_limit="off",
        public_base_url=base_url(listener),
        twilio=twilio or twilio_args(stage),
        **changes,
    )
    async with _served(args, listener) as client:
        line = Line(url=base_url(listener), args=args, client=client, stage=stage, store=store)
        yield line
        for delivery in line.deliveries:
            await delivery.close(drain_s=2)


@asynccontextmanager
async def _served(args: AppArgs, listener: socket.socket) -> AsyncIterator[httpx.AsyncClient]:
    ingress = Ingress(
        build_app=partial(build_for, args, "1.2.3"), database_url=args.database_url, pool_size=6, kafka=args.kafka
    )
    app = await ingress.__serve_build_asgi_app__()
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, proxy_headers=False, lifespan="on"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with httpx.AsyncClient(base_url=base_url(listener), timeout=20) as client:
            await eventually(lambda: _started(server), within_s=10)
            yield client
    finally:
        server.should_exit = True
        await task


async def _started(server: uvicorn.Server) -> bool:
    return server.started


@pytest.fixture
async def other_pool(database_url: str) -> AsyncIterator[Pool]:
    """Many connections of a test's own."""
    pool = await create_pool(database_url, size=10)
    yield pool
    await pool.close()
