"""Runs `nightdesk bench acceptance` and prints its report."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rich.console import Console
from rich.table import Table

from db.measurement.scratch import ScratchRefusedError
from evaluation.benchmarks import acceptance
from evaluation.benchmarks.acceptance import AcceptanceReport, Accepted
from evaluation.demo.samples import load_samples
from serve_app.cli.bench.view import write_report
from serve_app.cli.target import Target
from serve_app.embedded.base.errors import UserError
from serve_app.settings.company_documents import context_dir
from serve_app.settings.settings import load_settings

console = Console()


def run(target: Target, *, seconds: float, connections: int, crowd: int, json_file: Path | None) -> bool:
    """Measure, print, and return whether every form was accepted."""
    samples = load_samples(context_dir(load_settings()) / "sample-tickets.json")
    measuring = acceptance.measure(
        target.url,
        target.token,
        target.database_url,
        samples,
        seconds=seconds,
        connections=connections,
        crowd=crowd,
    )
    try:
        with console.status(f"forms over {connections} connections, {seconds:g} s a server"):
            report = asyncio.run(measuring)
    except ScratchRefusedError as error:
        raise UserError(str(error)) from None
    _show(report, crowd)
    write_report(json_file, report.as_json())
    return report.product.refused == 0 and report.instant.refused == 0


def _show(report: AcceptanceReport, crowd: int) -> None:
    table = Table("server", "forms/s", "p50 ms", "p95 ms", "refused")
    for name, one in (
        ("FastAPI and asyncpg, ordinary statements", report.bare_ordinary),
        ("the same, the product's one statement", report.bare_single),
        ("the product, answering beside", report.product),
        (f"{crowd} in one instant", report.instant),
    ):
        table.add_row(name, *_row(one))
    console.print(table)
    ratios = report.as_json()
    console.print(
        f"The product takes {ratios['ratio_ordinary']:.2f} of what ordinary statements take, "
        f"{ratios['ratio_single']:.2f} of the one statement."
    )


def _row(one: Accepted) -> tuple[str, ...]:
    return f"{one.a_second:.0f}", f"{one.p50:.0f}", f"{one.p95:.0f}", str(one.refused)
