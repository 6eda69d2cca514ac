"""`bench pipeline`: messages a second and CPU a message through the whole graph, and of the encoder alone."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import psutil

from db.measurement import bench_reads
from db.pool import Pool, acquire
from embeddings.encoder import Encoder
from evaluation.benchmarks.load import forms, send_one, wait_until_finished
from evaluation.client import ProductClient
from evaluation.demo.samples import Sample

_REPLICA = "ray::ServeReplica:nightdesk:"
_OTHERS = {
    "ray::ProxyActor": "proxy",
    "ray::ServeController": "controller",
    "raylet": "ray",
    "gcs_server": "ray",
    "postgres": "postgresql",
    "kafka.Kafka": "kafka",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineReport:
    """CPU in milliseconds a message, by process; stages in milliseconds of wall time a message."""

    messages: int
    seconds: float
    messages_per_s: float
    unanswered: int
    cpu_ms: dict[str, float]
    stages: tuple[bench_reads.StageTime, ...]
    encoder_texts_per_s: float
    encoder_cpu_ms: float

    def as_json(self) -> dict[str, Any]:
        """Return the report as `--json` writes it."""
        return asdict(self)


async def measure(
    client: ProductClient, pool: Pool, samples: Sequence[Sample], *, messages: int, data_dir: str, at_once: int = 16
) -> PipelineReport:
    """Time the encoder alone, then send `messages` forms, `at_once` in parallel, and wait until all are answered."""
    batch = list(itertools.islice(forms(samples), messages))
    texts_per_s, encoder_cpu_ms = _encoder_alone([form["message"] for _, form in batch[:256]])
    before, started = _cpu_seconds(data_dir), time.monotonic()
    gate = asyncio.Semaphore(at_once)

    async def one(key: str, form: dict[str, Any]) -> None:
        async with gate:
            await send_one(client, key, form)

    await asyncio.gather(*(one(key, form) for key, form in batch))
    keys = [key for key, _ in batch]
    unanswered = await wait_until_finished(pool, keys, timeout_s=600)
    seconds, after = time.monotonic() - started, _cpu_seconds(data_dir)
    async with acquire(pool) as connection:
        stages = await bench_reads.stage_times(connection, keys)
    cpu_ms = {name: 1000 * (after[name] - before.get(name, 0.0)) / messages for name in sorted(after)}
    return PipelineReport(
        messages=messages,
        seconds=seconds,
        messages_per_s=messages / seconds,
        unanswered=unanswered,
        cpu_ms=cpu_ms,
        stages=tuple(stages),
        encoder_texts_per_s=texts_per_s,
        encoder_cpu_ms=encoder_cpu_ms,
    )


def _encoder_alone(texts: Sequence[str]) -> tuple[float, float]:
    encoder = Encoder()
    encoder.encode(texts[:32])
    started, cpu = time.perf_counter(), time.process_time()
    encoder.encode(texts)
    return len(texts) / (time.perf_counter() - started), 1000 * (time.process_time() - cpu) / len(texts)


def _cpu_seconds(data_dir: str) -> dict[str, float]:
    """Sum user and system time of one installation's processes on this machine, by node or part."""
    seconds: dict[str, float] = {}
    for process in psutil.process_iter():
        try:
            name, times = _part(process, data_dir), process.cpu_times()
        except psutil.Error:
            continue
        if name:
            seconds[name] = seconds.get(name, 0.0) + times.user + times.system
    return seconds


def _part(process: psutil.Process, data_dir: str) -> str | None:
    command = " ".join(process.cmdline())
    if command.startswith("postgres: "):
        # A backend's title does not name its data directory; its postmaster's command does.
        postmaster = process.parent()
        return _part(postmaster, data_dir) if postmaster else None
    if data_dir not in command and process.environ().get("NIGHTDESK_DATA_DIR") != data_dir:
        return None
    if command.startswith(_REPLICA):
        # A title also names the running method: ray::ServeReplica:nightdesk:agent.run
        return re.split(r"[.# ]", command.removeprefix(_REPLICA))[0]
    return next((part for mark, part in _OTHERS.items() if mark in command), None)
