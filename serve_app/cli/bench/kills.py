"""Runs `nightdesk bench kills` and prints its report."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from rich.table import Table

from db.measurement import bench_reads
from db.pool import DatabaseUnavailableError, Pool, acquire, create_pool
from evaluation.benchmarks import kills
from evaluation.benchmarks.kills_report import Kill, KillsReport
from evaluation.client import ProductClient
from evaluation.demo.samples import load_samples
from serve_app.cli.bench.quality import show, wide_console
from serve_app.cli.bench.view import write_report
from serve_app.cli.in_store import with_pool
from serve_app.cli.target import Target
from serve_app.embedded.base.errors import UserError
from serve_app.scaling import table
from serve_app.settings.company_documents import context_dir
from serve_app.settings.settings import load_settings

REQUEST_S = 120.0
"""As long as a form waits for its answer while parts are down."""
console = wide_console()


def run(target: Target, json_file: Path | None, *, rate: float, rounds: int, yes: bool) -> bool:
    """Kill, wait, print, and return whether forms were accepted, none was lost or doubled, and each part came back.

    Raises UserError where others than benchmarks have written, unless `yes`.
    """
    if not yes:
        asyncio.run(_refuse_customers(target))
    # PostgreSQL goes away because it is killed: the pool need not say so, with a traceback each time.
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)
    with console.status("forms arrive") as status:
        report = asyncio.run(_measure(target, rate=rate, rounds=rounds, said=status.update))
    _show(report)
    write_report(json_file, report.as_json())
    return report.passed


async def _refuse_customers(target: Target) -> None:
    async def count(pool: Pool) -> int:
        async with acquire(pool) as connection:
            return await bench_reads.count_other_customers(connection)

    try:
        others = await with_pool(target.database_url, count, read_only=True)
    except DatabaseUnavailableError as error:
        raise UserError(str(error)) from None
    if others:
        raise UserError(
            f"the product holds {others} customers that no benchmark has made, and its parts would be killed while "
            "they write: use another data directory, or --yes."
        )


async def _measure(target: Target, *, rate: float, rounds: int, said: kills.Said) -> KillsReport:
    samples = load_samples(context_dir(load_settings()) / "sample-tickets.json")
    pool = await create_pool(target.database_url, size=2)
    try:
        async with ProductClient(target.url, token=target.token, timeout_s=REQUEST_S) as client:
            return await kills.measure(
                client,
                pool,
                samples,
                parts=kills.marks(table.NAMES),
                data_dir=target.data_dir,
                rate=rate,
                rounds=rounds,
                said=said,
            )
    finally:
        await pool.close()


def _show(report: KillsReport) -> None:
    shown = Table("part killed", "processes", "not accepted", "answers again after", "new replica reports after")
    for kill in report.kills:
        shown.add_row(*_cells(kill))
    console.print(shown)
    if report.left_alone:
        console.print(f"Not on this machine, so not killed: {', '.join(report.left_alone)}.")
    show(console, report.scorecard)
    statuses = ", ".join(f"{status or 'no connection'}: {count}" for status, count in sorted(report.statuses.items()))
    console.print(f"HTTP answers: {statuses}. All was settled {report.settled_s:.1f} s after the last response.")


def _cells(kill: Kill) -> tuple[str, ...]:
    back = _seconds(kill.back_s) if kill.is_node else ""
    return kill.part, str(kill.processes), str(kill.refused), _seconds(kill.answered_s), back


def _seconds(seconds: float | None) -> str:
    return "not in five minutes" if seconds is None else f"{seconds:.1f} s"
