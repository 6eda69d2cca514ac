"""Runs `nightdesk bench latency` and `pipeline` and prints their reports."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from db.measurement.bench_reads import StageTime
from db.pool import Pool, create_pool
from evaluation.benchmarks import kafka_log
from evaluation.benchmarks import latency as latency_benchmark
from evaluation.benchmarks import pipeline as pipeline_benchmark
from evaluation.client import ProductClient
from evaluation.demo.samples import load_samples
from serve_app.cli.sizing.measured import write_costs
from serve_app.cli.target import Target
from serve_app.embedded.base.errors import UserError
from serve_app.settings.company_documents import context_dir
from serve_app.settings.settings import load_settings

console = Console()


def latency(target: Target, rate: float, seconds: float, at_rest: int, json_file: Path | None) -> bool:
    """Measure, print, and return whether the promised figures were reached."""
    with console.status(f"{at_rest} forms one by one, then {rate:g} a second for {seconds:g} s"):
        report = asyncio.run(_latency(target, rate, seconds, at_rest))
    _show_latency(report)
    write_report(json_file, report.as_json())
    return report.passed


def pipeline(target: Target, messages: int, json_file: Path | None, costs: Path | None) -> None:
    """Measure and print. Raises UserError when costs are wanted and Kafka's log is not on this machine."""
    if costs and not kafka_log.segments(target.data_dir):
        raise UserError("--costs counts Kafka's log on this machine: measure a product with its embedded Kafka.")
    with console.status(f"{messages} forms through the whole graph"):
        report = asyncio.run(_pipeline(target, messages))
    _show_pipeline(report)
    write_report(json_file, report.as_json())
    if costs:
        write_costs(costs, report, datetime.now().astimezone().date())


async def _latency(target: Target, rate: float, seconds: float, at_rest: int) -> latency_benchmark.LatencyReport:
    samples = load_samples(context_dir(load_settings()) / "sample-tickets.json")
    pool = await create_pool(target.database_url, size=2)
    try:
        async with ProductClient(target.url, token=target.token) as client:
            return await latency_benchmark.measure(client, pool, samples, rate=rate, seconds=seconds, at_rest=at_rest)
    finally:
        await pool.close()


async def _pipeline(target: Target, messages: int) -> pipeline_benchmark.PipelineReport:
    samples = load_samples(context_dir(load_settings()) / "sample-tickets.json")
    pool: Pool = await create_pool(target.database_url, size=2)
    try:
        async with ProductClient(target.url, token=target.token) as client:
            return await pipeline_benchmark.measure(client, pool, samples, messages=messages, data_dir=target.data_dir)
    finally:
        await pool.close()


def _show_latency(report: latency_benchmark.LatencyReport) -> None:
    table = Table("measure", "value", title=f"{report.rate:g} forms/s for {report.seconds:g} s", title_justify="left")
    table.add_row("form to readable answer, at rest", _span(report.at_rest_p50_s, report.at_rest_p95_s, "s"))
    table.add_row("acknowledgement", f"{_span(report.ack_p50, report.ack_p95, 'ms')}, p99 {report.ack_p99:.0f} ms")
    table.add_row("HTTP answers", ", ".join(f"{status}: {count}" for status, count in report.statuses.items()))
    table.add_row("form to answer, under this load", _span(report.answer_p50_s, report.answer_p95_s, "s"))
    table.add_row("answered once / not / twice", f"{report.answered} / {report.unanswered} / {report.doubled}")
    table.add_row("backlog gone after", f"{report.drained_s:.1f} s")
    console.print(table)
    console.print(_stage_table(report.stages))


def _show_pipeline(report: pipeline_benchmark.PipelineReport) -> None:
    table = Table("process", "CPU-ms a message", title="Through the whole graph", title_justify="left")
    for part, cpu_ms in sorted(report.nodes.items(), key=lambda item: -item[1]):
        table.add_row(part, f"{cpu_ms:.1f}")
    table.add_row("of which judging passages", f"{report.judging_cpu_ms:.1f}")
    table.add_row("together, without judging", f"{report.cpu_ms_per_message:.1f}", style="bold")
    console.print(table)
    console.print(_stage_table(report.stages))
    alone, written = report.alone, report.written
    console.print(
        f"{report.messages} messages in {report.seconds:.1f} s: {report.messages_per_s:.1f} a second, "
        f"{report.unanswered} unanswered.\n"
        f"A message costs {report.float_passes:.1f} passes of the encoder in float32 ({alone.float_encoder_cpu_ms:.1f} "
        f"CPU-ms a text), which is the measure that stays, and {report.passes:.1f} of the one in force "
        f"({alone.encoder_cpu_ms:.1f}).\n"
        f"Judging beside that: {report.judgings:.2f} times a message, {alone.judge_cpu_ms:.1f} CPU-ms each.\n"
        f"Written to PostgreSQL a message: {written.wal_bytes / 1024:.1f} kB of WAL, "
        f"{written.inserted:.1f} rows added, {written.updated:.1f} changed, "
        f"{written.deleted:.1f} deleted, {written.transactions:.1f} transactions; "
        f"{report.kept_bytes / 1024:.1f} kB stay for good.\n{_kafka(report.kafka_bytes)}"
    )


def _kafka(grown: float | None) -> str:
    if grown is None:
        return "Kafka's log is not on this machine."
    return f"Written to Kafka a message: {grown / 1024:.2f} kB in its segments."


def _stage_table(stages: tuple[StageTime, ...]) -> Table:
    table = Table("stage", "p50 ms", "p95 ms", title="Wall time of a turn, by stage", title_justify="left")
    for stage in stages:
        table.add_row(stage.stage, f"{stage.p50:.1f}", f"{stage.p95:.1f}")
    return table


def _span(p50: float, p95: float, unit: str) -> str:
    digits = 2 if unit == "s" else 0
    return f"p50 {p50:.{digits}f} {unit}, p95 {p95:.{digits}f} {unit}"


def write_report(path: Path | None, report: dict[str, Any]) -> None:
    """Write the JSON file, if one is wanted."""
    if path:
        path.write_text(json.dumps(report, indent=1, default=str), encoding="utf-8")
