"""T2, T-L1, T-L2: locust's customers of three channels beside a model that takes a second; T-L3: a burst of forms."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from evaluation.benchmarks import slow_model
from evaluation.providers.journal import Kind
from evaluation.providers.serving import serve_in_thread
from tests.fixtures.channels import Channels, new_address, opened_channels, p95
from tests.fixtures.oracle import expect_one_reply_each, settled, store_of
from tests.fixtures.ports import free_port
from tests.fixtures.product import Product, running_product
from tests.load.poster import Post, posted
from tests.load.test_mail_and_whatsapp import form_of, one_effect_each

pytestmark = [pytest.mark.full, pytest.mark.product, pytest.mark.timeout(1800)]

LOCUST = Path(sys.executable).with_name("locust")
ROOT = Path(__file__).parents[2]
SECONDS = 60
MODEL_S = 1.0
USERS = 90
"""Of one crowd in locustfile.py."""
PERIOD_S = 20
"""In which each does one thing: they come as evenly as they write."""
ACKNOWLEDGED_S = 0.5
BURST, BURST_S = 2_000, 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The product with a model that takes a second, and the stand-ins it writes by."""

    product: Product
    channels: Channels


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with ExitStack() as stack:
        channels = stack.enter_context(opened_channels(free_port()))
        model = stack.enter_context(serve_in_thread(slow_model.app(MODEL_S)))
        settings = {**channels.settings, "OPENAI_API_KEY": "sk-stand-in", "OPENAI_BASE_URL": f"{model}/v1"}
        yield Desk(product=stack.enter_context(running_product(channels.port, settings)), channels=channels)


def crowd(desk: Desk, times: int, run: str) -> dict[str, dict[str, Any]]:
    """Have locust's customers write for a minute; return its figures by name."""
    addresses = {
        "DESK": desk.product.url,
        "MAIL_CONTROL": desk.channels.mail.base_url,
        "PHONE_CONTROL": desk.channels.phone.base_url,
    }
    done = subprocess.run(
        [
            *(str(LOCUST), "-f", str(ROOT / "tests" / "load" / "locustfile.py"), "--headless", "--json"),
            *("-u", str(USERS * times), "-r", str(USERS * times / PERIOD_S), "-t", f"{SECONDS}s"),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS + 120,
        env={**os.environ, **addresses, "CROWD": str(times), "RUN": run},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return {one["name"]: one for one in json.loads(done.stdout)}


@pytest.mark.parametrize(("times", "answered_s"), [(1, 60), (10, 300)], ids=["T-L1", "T-L2"])
async def test_a_crowd_of_three_channels_is_answered_once_each(desk: Desk, times: int, answered_s: int) -> None:
    run = f"{times:02}"
    found = await asyncio.to_thread(crowd, desk, times, run)
    last = time.monotonic()
    counts = {name: one["num_requests"] for name, one in found.items()}
    slow = p95([float(ms) / 1000 for ms, count in found["form"]["response_times"].items() for _ in range(count)])
    mails = [one.sender for one in desk.channels.posts(Kind.MAIL_RECEIVED) if one.sender.startswith(f"mail-{run}-")]
    texts = [one.sender.removeprefix("whatsapp:") for one in desk.channels.posts(Kind.WHATSAPP_RECEIVED)]
    texts = [one for one in texts if one.startswith(f"+4915{run}")]
    await settled(desk.product, seconds=answered_s)
    waited = time.monotonic() - last
    await expect_one_reply_each(desk.product, desk.channels, [*mails, *texts], seconds=1)
    forms = await people_of(desk.product, f"email:form-{run}-%")
    await one_effect_each(desk.product, forms)
    print(f"{counts}: forms acknowledged p95 {slow:.3f} s, all answered {waited:.0f} s after the last")
    assert {name: one["num_failures"] for name, one in found.items()} == dict.fromkeys(counts, 0)
    assert (len(forms), len(mails), len(texts)) == (counts["form"], counts["mail"], counts["whatsapp"])
    assert len(forms) >= 100 * times
    assert min(len(mails), len(texts)) >= 50 * times
    assert slow < ACKNOWLEDGED_S


async def test_t_l3_a_burst_of_2000_forms_is_taken_or_refused_in_order(desk: Desk) -> None:
    people = [new_address("burst") for _ in range(BURST)]
    url, headers = f"{desk.product.url}/api/v1/support/form", {"Content-Type": "application/json"}
    posts = [
        Post(kind="form", at_s=n * BURST_S / BURST, url=url, headers=headers, content=json.dumps(form_of(person)))
        for n, person in enumerate(people)
    ]
    answers = await asyncio.to_thread(posted, posts, timeout_s=600)
    refused = [answer for answer in answers if answer.status != 201]
    kept = [person for person, answer in zip(people, answers, strict=True) if answer.status == 201]
    await settled(desk.product, seconds=900)
    print(f"{len(kept)} taken, p95 {p95(answer.seconds for answer in answers):.2f} s; {len(refused)} refused")
    assert {answer.status for answer in refused} <= {429, 503}
    assert all(answer.retry_after for answer in refused)
    await one_effect_each(desk.product, [f"email:{person}" for person in kept])


async def people_of(product: Product, pattern: str) -> list[str]:
    """The sender keys that are like the pattern."""
    async with store_of(product) as store:
        rows = await store.fetch("SELECT DISTINCT sender_key FROM inbox WHERE sender_key LIKE $1", pattern)
    return [row["sender_key"] for row in rows]
