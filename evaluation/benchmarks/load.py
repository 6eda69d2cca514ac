"""Sends forms by open arrival: each at its own time, whether or not earlier ones were answered."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from db.measurement import bench_reads
from db.pool import DatabaseUnavailableError, Pool, acquire
from evaluation.client import ProductClient, ProductUnreachableError
from evaluation.demo.samples import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One form as sent: the HTTP status (0 when the connection failed), the time to it, the ticket."""

    key: str
    status: int
    elapsed_ms: float
    number: str = ""
    token: str = ""


def forms(samples: Sequence[Sample]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (Idempotency-Key, form) without end, the samples in turn, each from a new customer."""
    for n, sample in enumerate(itertools.cycle(samples)):
        person = uuid4().hex[:12]
        yield f"load-{person}-{n}", {**sample.form, "email": f"load-{person}@example.com"}


async def send_one(client: ProductClient, key: str, form: dict[str, Any]) -> Sent:
    """Send one form; status 0 after a failed connection."""
    started = time.perf_counter()
    try:
        reply = await client.submit(form, key=key)
    except ProductUnreachableError:
        return Sent(key=key, status=0, elapsed_ms=(time.perf_counter() - started) * 1000)
    return Sent(
        key=key,
        status=reply.status,
        elapsed_ms=reply.elapsed_ms,
        number=reply.body.get("ticket_id", ""),
        token=reply.body.get("status_token", ""),
    )


async def send_at_rate(client: ProductClient, samples: Sequence[Sample], *, rate: float, seconds: float) -> list[Sent]:
    """Send `rate` forms a second for `seconds`, each on schedule, and return how each was received."""
    started = time.monotonic()
    tasks = []
    for n, (key, form) in enumerate(itertools.islice(forms(samples), int(rate * seconds))):
        await asyncio.sleep(max(0.0, started + n / rate - time.monotonic()))
        tasks.append(asyncio.create_task(send_one(client, key, form)))
    return list(await asyncio.gather(*tasks))


async def wait_until_finished(pool: Pool, keys: Sequence[str], *, timeout_s: float) -> int:
    """Wait until every form of these keys is answered; return how many are not when time is up."""
    deadline = time.monotonic() + timeout_s
    left = len(keys)
    while left and time.monotonic() < deadline:
        await asyncio.sleep(0.5)
        try:
            async with acquire(pool) as connection:
                left = await bench_reads.count_unfinished(connection, keys)
        except DatabaseUnavailableError:
            continue
    return left
