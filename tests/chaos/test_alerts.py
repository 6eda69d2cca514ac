"""M1: every alert is raised once on the running product, and its entry in docs/runbook.md followed until it is gone.

A real Prometheus scrapes the product; durations alone are shortened (tests.fixtures.prometheus): `make alerts-live`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import yaml

from evaluation.providers.control_client import ControlClient
from evaluation.providers.serving import StandIn
from tests.chaos.raised_alerts import CASES, CHANNEL_CASES, Case
from tests.fixtures.alerted import QUESTION, Alerted, alerted_product
from tests.fixtures.channels import new_address, new_number
from tests.fixtures.oracle import expect_invariants, store_of
from tests.fixtures.prometheus import PROMETHEUS, RULES
from tests.fixtures.waiting import wait_until

pytestmark = [
    pytest.mark.product,
    pytest.mark.full,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not PROMETHEUS, reason="Prometheus is not here: `make alerts-live` fetches it"),
]
SOON_S = 400.0
LONG_S = 900.0
"""For the alerts whose thresholds are five and ten minutes."""
LATE, UNKNOWN = "NightdeskRepliesLate", "NightdeskOutboxUnknown"


@pytest.fixture(scope="module")
def alerted() -> Iterator[Alerted]:
    """The product, with nothing wrong."""
    with alerted_product() as running:
        yield running


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A mail's reply that can't be sent, and one on WhatsApp of which nobody knows whether it was: since when."""

    address: str
    number: str
    since: float


@pytest.fixture(scope="module")
def waiting(alerted: Alerted) -> Waiting:
    """Both providers are away; the other alerts are raised meanwhile, for these two take five and ten minutes."""
    channels = alerted.channels
    channels.mail.fault("users.drafts.create", "error_before", times=None)
    channels.phone.fault("messages.create", "drop_answer")
    channels.phone.fault("messages.list", "error_before", times=None)
    channels.phone.fault("status_callback", "drop", times=None)
    channels.mail.write_mail(sender=(address := new_address()), subject="Signing in", text=QUESTION)
    channels.phone.write_whatsapp(number := new_number(), QUESTION)
    wait_until(lambda: asyncio.run(_states(alerted)) == {("email", "ready"), ("whatsapp", "unknown")}, what="both")
    channels.gmail.go_away()
    channels.twilio.go_away()
    return Waiting(address=address, number=number, since=time.time())


async def _states(alerted: Alerted) -> set[tuple[str, str]]:
    async with store_of(alerted.product) as store:
        query = "SELECT channel, state FROM outbox WHERE attempts > 0 AND state IN ('ready', 'unknown')"
        return {(row["channel"], row["state"]) for row in await store.fetch(query)}


def test_every_alert_is_raised_here() -> None:
    rules = yaml.safe_load(RULES.read_text())["groups"][0]["rules"]
    raised = [alert for case in (*CASES, *CHANNEL_CASES) for alert in case.alerts]
    assert {rule["alert"] for rule in rules} == {*raised, LATE, UNKNOWN}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alerts[0])
@pytest.mark.usefixtures("waiting")
def test_m1_an_alert_is_raised_and_its_entry_ends_it(alerted: Alerted, case: Case) -> None:
    raise_and_end(alerted, case)


def test_m1_replies_that_are_tried_in_vain_are_late(alerted: Alerted, waiting: Waiting) -> None:
    with away_until_seen(alerted.channels.gmail, alerted.channels.mail):
        wait_until(lambda: alerted.prometheus.firing(LATE), within_s=LONG_S, what=LATE)
        raised = alerted.prometheus.fired_at(LATE) - waiting.since
        said = alerted.trouble("gmail")
    gone = wait_until(lambda: not alerted.prometheus.firing(LATE), within_s=SOON_S, what=f"{LATE} is still there")
    assert len(alerted.channels.mails_to(waiting.address)) == 1
    row(LATE, raised, f"step 1: gmail {said}", gone)


def test_m1_a_reply_of_unknown_fate_is_looked_up_when_the_provider_is_back(alerted: Alerted, waiting: Waiting) -> None:
    with away_until_seen(alerted.channels.twilio, alerted.channels.phone):
        wait_until(lambda: alerted.prometheus.firing(UNKNOWN), within_s=LONG_S, what=UNKNOWN)
        raised = alerted.prometheus.fired_at(UNKNOWN) - waiting.since
        said = alerted.trouble("whatsapp")
    gone = wait_until(lambda: not alerted.prometheus.firing(UNKNOWN), within_s=SOON_S, what=f"{UNKNOWN} is still there")
    assert len(alerted.channels.texts_to(waiting.number)) == 1
    row(UNKNOWN, raised, f"step 1: whatsapp {said}", gone)


@contextmanager
def away_until_seen(provider: StandIn, control: ControlClient) -> Iterator[None]:
    """The provider comes back in the end, and answers everything, whatever was seen: the later cases need it."""
    try:
        yield
    finally:
        control.clear_faults()
        provider.come_back()


@pytest.mark.parametrize("case", CHANNEL_CASES, ids=lambda case: case.alerts[0])
def test_m1_an_alert_is_raised_with_both_providers_there_and_its_entry_ends_it(alerted: Alerted, case: Case) -> None:
    raise_and_end(alerted, case)


def test_nothing_was_lost_or_told_twice(alerted: Alerted) -> None:
    alerted.product.wait_healthy()
    wait_until(alerted.at_rest, within_s=SOON_S, what="nobody waits")
    asyncio.run(expect_invariants(alerted.product))


def raise_and_end(alerted: Alerted, case: Case) -> None:
    """Break it, wait for the alert, do what the entry says, and wait until it is gone."""
    raised, prometheus = {}, alerted.prometheus
    wait_until(alerted.at_rest, within_s=SOON_S, what="nobody waits")
    began = time.monotonic()
    with case.raised(alerted):
        for alert in case.alerts:
            wait_until(lambda: is_there(alerted, alert, case.labels), within_s=SOON_S, what=alert)  # noqa: B023
            raised[alert] = time.monotonic() - began
        said = case.read(alerted)
        repaired = time.monotonic()
    for alert in case.alerts:
        wait_until(lambda: not prometheus.firing(alert), within_s=SOON_S, what=f"{alert} is still there")  # noqa: B023
        row(alert, raised[alert], said, time.monotonic() - repaired)


def is_there(alerted: Alerted, alert: str, labels: Mapping[str, str]) -> bool:
    """Whether an alert with these labels, and others, is firing."""
    return any(labels.items() <= found.items() for found in alerted.prometheus.firing(alert))


def row(alert: str, raised_s: float, said: str, gone_s: float) -> None:
    """Print a row of the table in docs/measurements.md."""
    print(f"\n| `{alert}` | {raised_s:.0f} s | {said} | {gone_s:.0f} s |", flush=True)
