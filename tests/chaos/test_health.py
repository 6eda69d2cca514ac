"""H6, M1: parts of the running product are broken one after the other; /health shows each, and its repair.

The seconds that both took are printed; what is promised, half a minute, is measured here on a quiet machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from aiokafka import AIOKafkaProducer

from evaluation.benchmarks.processes import REPLICA
from ingest.events import INCOMING
from tests.fixtures.breaking import Broken, execute, failing, frozen, health, watch_refused
from tests.fixtures.channels import Channels
from tests.fixtures.product import Product
from tests.fixtures.waiting import wait_until

pytestmark = [pytest.mark.product, pytest.mark.full, pytest.mark.timeout(7200)]

SOON_S = 600.0
NODES = ("ingest", "identity", "analysis", "agent", "delivery", "reporting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A way to break a part for as long as the context lasts, and the component that shows it."""

    broken: Broken
    component: str
    words: str = ""


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
    "watch": Kind(broken=watch_refused(-86_400), component="gmail", words="no pushes"),
    "twilio": Kind(broken=failing("phone", ("accounts.fetch",), status=503), component="whatsapp"),
    "dead_letters": Kind(broken=unreadable_record, component="alerts", words="dead letters"),
}


async def publish(product: Product, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=product.run_file()["kafka_bootstrap_servers"])
    await producer.start()
    await producer.send_and_wait(INCOMING, value, key=b"nobody")
    await producer.stop()


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
