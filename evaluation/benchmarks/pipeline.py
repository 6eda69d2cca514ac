"""`bench pipeline`: messages a second and CPU a message through the whole graph, beside one pass of the encoder."""

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
from deployments.agent.protocol import SEARCH
from evaluation.benchmarks import kafka_log, models_alone
from evaluation.benchmarks.load import forms, send_one, wait_until_finished
from evaluation.client import ProductClient
from evaluation.demo.samples import Sample

TIMED_ALONE = 162
"""Texts that the models alone read: the sample tickets twice."""
_REPLICA = "ray::ServeReplica:nightdesk:"
_OTHERS = {
    "ray::ProxyActor": "proxy",
    "ray::HAProxyManager": "proxy",
    "haproxy.cfg": "proxy",
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
    unanswered: int
    nodes: dict[str, float]
    stages: tuple[bench_reads.StageTime, ...]
    alone: models_alone.ModelsAlone
    judgings: float
    """How often a message's passages were judged, on average."""
    written: bench_reads.Writes
    """To the database, a message."""
    kept_bytes: float
    """By which the database's tables and indexes grew for good, a message."""
    kafka_bytes: float | None
    """By which the log of Kafka grew, a message; None where it lies on another machine."""

    @property
    def messages_per_s(self) -> float:
        """Of those that were answered."""
        return (self.messages - self.unanswered) / self.seconds

    @property
    def judging_cpu_ms(self) -> float:
        """What the analysis node spends on judging passages, a message."""
        return self.judgings * self.alone.judge_cpu_ms

    @property
    def cpu_ms_per_message(self) -> float:
        """Of the whole graph, without the judging of passages."""
        return sum(self.nodes.values()) - self.judging_cpu_ms

    @property
    def passes(self) -> float:
        """How many passes of the encoder in force a message costs."""
        return self.cpu_ms_per_message / self.alone.encoder_cpu_ms

    @property
    def float_passes(self) -> float:
        """The same in passes of the encoder of 2026-11 that computes in float32: a measure that stays."""
        return self.cpu_ms_per_message / self.alone.float_encoder_cpu_ms

    def as_json(self) -> dict[str, Any]:
        """Return the report as `--json` writes it."""
        return {
            "messages": self.messages,
            "seconds": self.seconds,
            "messages_per_s": self.messages_per_s,
            "cpu_ms_per_message": self.cpu_ms_per_message,
            "encoder_cpu_ms_per_text": self.alone.encoder_cpu_ms,
            "passes": self.passes,
            "unanswered": self.unanswered,
            "nodes": self.nodes,
            "judging": {
                "cpu_ms_per_message": self.judging_cpu_ms,
                "cpu_ms": self.alone.judge_cpu_ms,
                "times_per_message": self.judgings,
            },
            "float_encoder": {"cpu_ms_per_text": self.alone.float_encoder_cpu_ms, "passes": self.float_passes},
            "written_per_message": asdict(self.written),
            "kept_bytes_per_message": self.kept_bytes,
            "kafka_bytes_per_message": self.kafka_bytes,
            "stages": [asdict(stage) for stage in self.stages],
        }


async def measure(
    client: ProductClient, pool: Pool, samples: Sequence[Sample], *, messages: int, data_dir: str, at_once: int = 16
) -> PipelineReport:
    """Time the models alone, then send `messages` forms, `at_once` in parallel, and wait until all are answered."""
    batch = list(itertools.islice(forms(samples), messages))
    alone = await models_alone.measure(pool, [form["message"] for _, form in batch[:TIMED_ALONE]])
    async with acquire(pool) as connection:
        written_before, kept_before = await bench_reads.writes(connection), await bench_reads.kept_bytes(connection)
    log_before = kafka_log.segments(data_dir)
    before, started = cpu_seconds(data_dir), time.monotonic()
    gate = asyncio.Semaphore(at_once)

    async def one(key: str, form: dict[str, Any]) -> None:
        async with gate:
            await send_one(client, key, form)

    await asyncio.gather(*(one(key, form) for key, form in batch))
    keys = [key for key, _ in batch]
    unanswered = await wait_until_finished(pool, keys, timeout_s=600)
    seconds, after = time.monotonic() - started, cpu_seconds(data_dir)
    async with acquire(pool) as connection:
        stages = await bench_reads.stage_times(connection, keys)
        searches = await bench_reads.count_calls(connection, keys, SEARCH)
        written = (await bench_reads.writes(connection)).a_message(written_before, messages)
        kept = await bench_reads.kept_bytes(connection) - kept_before
    log = kafka_log.segments(data_dir)
    return PipelineReport(
        messages=messages,
        seconds=seconds,
        unanswered=unanswered,
        nodes={name: 1000 * (after[name] - before.get(name, 0.0)) / messages for name in sorted(after)},
        stages=tuple(stages),
        alone=alone,
        judgings=searches / messages,
        written=written,
        kept_bytes=kept / messages,
        kafka_bytes=kafka_log.grown(log_before, log) / messages if log else None,
    )


def cpu_seconds(data_dir: str) -> dict[str, float]:
    """Sum user and system time of one installation's processes on this machine, by node or part."""
    seconds: dict[str, float] = {}
    for process in psutil.process_iter():
        try:
            name, times = part_of(process, data_dir), process.cpu_times()
        except psutil.Error:
            continue
        if name:
            seconds[name] = seconds.get(name, 0.0) + times.user + times.system
    return seconds


def part_of(process: psutil.Process, data_dir: str) -> str | None:
    """Return the node or part of this installation that a process is, None for others. Raises psutil.Error."""
    command = " ".join(process.cmdline())
    if command.startswith("postgres: "):
        # A backend's title does not name its data directory; its postmaster's command does.
        postmaster = process.parent()
        return part_of(postmaster, data_dir) if postmaster else None
    if data_dir not in command and process.environ().get("NIGHTDESK_DATA_DIR") != data_dir:
        return None
    if command.startswith(_REPLICA):
        # A title also names the running method: ray::ServeReplica:nightdesk:agent.run
        return re.split(r"[.# ]", command.removeprefix(_REPLICA))[0]
    return next((part for mark, part in _OTHERS.items() if mark in command), None)
