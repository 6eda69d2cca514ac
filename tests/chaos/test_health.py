"""H6, M1: parts of the running product are broken one after the other; /health shows each, and its repair.

The seconds that both took are printed; what is promised, half a minute, is measured here on a quiet machine.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import psutil
import pytest
from aiokafka import AIOKafkaProducer

from ingest.events import INCOMING
from tests.fixtures.channels import Channels
from tests.fixtures.oracle import store_of
from tests.fixtures.product import REPLICA, Product
from tests.fixtures.waiting import wait_until

pytestmark = [pytest.mark.product, pytest.mark.full, pytest.mark.timeout(7200)]

SOON_S = 600.0
WATCH_IS_OVER = """
    UPDATE mailboxes SET watched_at = now() - interval '8 days', watch_expires_at = now() - interval '1 day',
                         listed_at = NULL"""
NODES = ("ingest", "identity", "analysis", "agent", "delivery", "reporting")
Broken = Callable[[Product, Channels], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A way to break a part for as long as the context lasts, and the component that shows it."""

    broken: Broken
    component: str
    words: str = ""


def frozen(mark: str) -> Broken:
    """Hold up what is called so, and whatever takes its place; in the end let it go on."""

    @contextmanager
    def broken(product: Product, _: Channels) -> Iterator[None]:
        held: dict[int, psutil.Process] = {}
        over = threading.Event()

        def hold() -> None:
            while not over.is_set():
                for leader in product.processes(mark):
                    for process in (leader, *leader.children(recursive=True)):
                        if process.pid not in held:
                            process.suspend()
                            held[process.pid] = process
                time.sleep(0.2)

        holding = threading.Thread(target=hold, daemon=True)
        holding.start()
        try:
            yield
        finally:
            over.set()
            holding.join()
            for process in held.values():
                if process.is_running():
                    process.resume()

    return broken


def failing(provider: str, methods: tuple[str, ...], kind: str = "error_before", **fields: Any) -> Broken:
    """The provider's stand-in fails."""

    @contextmanager
    def broken(_: Product, channels: Channels) -> Iterator[None]:
        control = getattr(channels, provider)
        for method in methods:
            control.fault(method, kind, times=None, **fields)
        if "oauth2.token" in methods:
            control.revoke_access_tokens()
        try:
            yield
        finally:
            control.clear_faults()

    return broken


@contextmanager
def watch_expired(product: Product, channels: Channels) -> Iterator[None]:
    """Google refuses to renew a watch that is over."""
    channels.mail.fault("users.watch", "error_before", times=None, status=403)
    asyncio.run(execute(product, WATCH_IS_OVER))
    try:
        yield
    finally:
        channels.mail.clear_faults()


@contextmanager
def unreadable_record(product: Product, _: Channels) -> Iterator[None]:
    """A record that nobody can read becomes a dead letter, until the staff have dealt with it."""
    asyncio.run(publish(product, b"unreadable"))
    try:
        yield
    finally:
        asyncio.run(execute(product, "UPDATE dead_letters SET state = 'replayed'"))


KINDS = {
    "postgresql": Kind(broken=frozen("bin/postgres"), component="database"),
    "kafka": Kind(broken=frozen("kafka.Kafka"), component="kafka"),
    **{node: Kind(broken=frozen(f"{REPLICA}{node}"), component=node, words="no heartbeat") for node in NODES},
    "gmail": Kind(broken=failing("mail", ("users.getProfile", "users.history.list"), status=503), component="gmail"),
    "gmail_authorisation": Kind(
        broken=failing("mail", ("oauth2.token",), "invalid_grant"), component="gmail", words="GMAIL_REFRESH_TOKEN"
    ),
    "watch": Kind(broken=watch_expired, component="gmail", words="no pushes"),
    "twilio": Kind(broken=failing("phone", ("accounts.fetch",), status=503), component="whatsapp"),
    "dead_letters": Kind(broken=unreadable_record, component="alerts", words="dead letters"),
}


async def execute(product: Product, statement: str) -> None:
    async with store_of(product) as store:
        await store.execute(statement)


async def publish(product: Product, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=product.run_file()["kafka_bootstrap_servers"])
    await producer.start()
    await producer.send_and_wait(INCOMING, value, key=b"nobody")
    await producer.stop()


def health(product: Product) -> dict[str, Any]:
    """What /health says; nothing while it does not answer."""
    try:
        found: dict[str, Any] = httpx.get(f"{product.url}/health", timeout=20, trust_env=False).json()
    except (httpx.HTTPError, ValueError):
        return {}
    return found


def shows(product: Product, kind: Kind) -> bool:
    """Whether /health shows it."""
    said = health(product)
    if kind.component == "alerts":
        return any(kind.words in alert for alert in said.get("alerts", ()))
    component = said.get("components", {}).get(kind.component)
    return component is not None and component["status"] != "healthy" and kind.words in component["detail"]


def nothing_is_wrong(product: Product) -> bool:
    """Whether everything works, and there is nothing to tell."""
    said = health(product)
    return said.get("status") == "healthy" and not said["alerts"]


@pytest.mark.parametrize("name", KINDS)
def test_h6_health_shows_what_is_broken_and_its_repair(product: Product, channels: Channels, name: str) -> None:
    kind = KINDS[name]
    wait_until(lambda: nothing_is_wrong(product), within_s=SOON_S)
    with kind.broken(product, channels):
        shown = wait_until(lambda: shows(product, kind), within_s=SOON_S, what=f"{name} is not shown")
        said = health(product)
    gone = wait_until(lambda: nothing_is_wrong(product), within_s=SOON_S, what=f"{name} is still shown")
    detail = said.get("components", {}).get(kind.component, {}).get("detail") or said.get("alerts")
    print(f"{name:<20} shown after {shown:4.0f} s, gone after {gone:4.0f} s: {detail}")


def test_h6_status_shows_every_component(product: Product) -> None:
    wait_until(lambda: nothing_is_wrong(product), within_s=SOON_S)
    report = product.status()["health"]
    assert set(report["components"]) == set(health(product)["components"])
    shown = product.command("status").stdout
    assert all(f"\n  {name} " in shown for name in report["components"])
