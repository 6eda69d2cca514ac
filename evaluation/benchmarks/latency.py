"""`bench latency`: how soon a form is acknowledged and answered, at rest and at a steady rate, node by node."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from db.measurement import bench_reads
from db.pool import Pool, acquire
from evaluation.benchmarks.load import forms, send_at_rate, send_one, wait_until_finished
from evaluation.client import ProductClient
from evaluation.demo.samples import Sample

READ_EVERY_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyReport:
    """Times in milliseconds unless named otherwise; `statuses` counts the HTTP responses (0: no connection)."""

    rate: float
    seconds: float
    at_rest_p50_s: float
    at_rest_p95_s: float
    statuses: dict[int, int]
    ack_p50: float
    ack_p95: float
    ack_p99: float
    answered: int
    unanswered: int
    doubled: int
    answer_p50_s: float
    answer_p95_s: float
    drained_s: float
    stages: tuple[bench_reads.StageTime, ...]

    @property
    def passed(self) -> bool:
        """True when acknowledged in 500 ms (p95), readable in 2 s at rest (p50), each accepted form answered once."""
        in_time = self.ack_p95 < 500 and self.at_rest_p50_s < 2
        return in_time and not self.unanswered and not self.doubled and set(self.statuses) == {201}

    def as_json(self) -> dict[str, Any]:
        """Return the report as `--json` writes it."""
        return asdict(self)


async def measure(
    client: ProductClient, pool: Pool, samples: Sequence[Sample], *, rate: float, seconds: float, at_rest: int
) -> LatencyReport:
    """Send `at_rest` forms one by one, then `rate` a second for `seconds`, and read how each was answered."""
    resting = [await _readable_after(client, key, form) for key, form in itertools.islice(forms(samples), at_rest)]
    sent = await send_at_rate(client, samples, rate=rate, seconds=seconds)
    finished_sending = time.monotonic()
    accepted = [one.key for one in sent if one.status == 201]
    unanswered = await wait_until_finished(pool, accepted, timeout_s=300)
    drained_s = time.monotonic() - finished_sending
    async with acquire(pool) as connection:
        outcomes = await bench_reads.form_outcomes(connection, accepted)
        stages = await bench_reads.stage_times(connection, accepted)
    return _report(
        resting, [(s.status, s.elapsed_ms) for s in sent], outcomes, stages, unanswered, rate, seconds, drained_s
    )


async def _readable_after(client: ProductClient, key: str, form: dict[str, Any], timeout_s: float = 60.0) -> float:
    started = time.monotonic()
    sent = await send_one(client, key, form)
    while time.monotonic() - started < timeout_s:
        ticket = (await client.ticket(sent.number, sent.token)).body
        if ticket.get("responses"):
            break
        await asyncio.sleep(READ_EVERY_S)
    return time.monotonic() - started


def _report(
    resting: Sequence[float],
    calls: Sequence[tuple[int, float]],
    outcomes: Sequence[bench_reads.FormOutcome],
    stages: Sequence[bench_reads.StageTime],
    unanswered: int,
    rate: float,
    seconds: float,
    drained_s: float,
) -> LatencyReport:
    statuses = [status for status, _ in calls]
    acks = [elapsed for status, elapsed in calls if status == 201] or [float("nan")]
    answers = [(o.finished_at - o.received_at).total_seconds() for o in outcomes if o.finished_at] or [float("nan")]
    ack_p50, ack_p95, ack_p99 = (float(value) for value in np.percentile(acks, [50, 95, 99]))
    answer_p50, answer_p95 = (float(value) for value in np.percentile(answers, [50, 95]))
    rest_p50, rest_p95 = (float(value) for value in np.percentile(resting, [50, 95])) if resting else (0.0, 0.0)
    return LatencyReport(
        rate=rate,
        seconds=seconds,
        at_rest_p50_s=rest_p50,
        at_rest_p95_s=rest_p95,
        statuses={status: statuses.count(status) for status in sorted(set(statuses))},
        ack_p50=ack_p50,
        ack_p95=ack_p95,
        ack_p99=ack_p99,
        answered=sum(outcome.answers == 1 for outcome in outcomes),
        unanswered=unanswered + sum(outcome.answers == 0 and outcome.finished_at is not None for outcome in outcomes),
        doubled=sum(outcome.answers > 1 for outcome in outcomes),
        answer_p50_s=answer_p50,
        answer_p95_s=answer_p95,
        drained_s=drained_s,
        stages=tuple(stages),
    )
