"""Runs `nightdesk bench acceptance` and prints its report."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from db.measurement.scratch import ScratchRefusedError
from evaluation.benchmarks import acceptance
from evaluation.benchmarks.acceptance import AcceptanceReport, Accepted, Load
from evaluation.demo.samples import load_samples
from serve_app.cli.bench.view import write_report
from serve_app.cli.target import Target
from serve_app.embedded.base.errors import UserError
from serve_app.settings.company_documents import context_dir
from serve_app.settings.settings import load_settings

console = Console()


def run(target: Target, load: Load, *, json_file: Path | None) -> bool:
    """Measure, print, and return whether every form was accepted."""
    samples = load_samples(context_dir(load_settings()) / "sample-tickets.json")
    measuring = acceptance.measure(target.url, target.token, target.database_url, target.data_dir, samples, load)
    try:
        with console.status(f"forms over {load.connections} connections, {load.seconds:g} s a server"):
            report = asyncio.run(measuring)
    except ScratchRefusedError as error:
        raise UserError(str(error)) from None
    _show(report, load)
    write_report(json_file, report.as_json())
    return report.refused == 0


def _show(report: AcceptanceReport, load: Load) -> None:
    table = Table("server", "forms/s", "p50 ms", "p95 ms", "refused")
    for name, one in (
        ("FastAPI and asyncpg, ordinary statements", report.bare_ordinary),
        ("the same, the product's one statement", report.bare_single),
        ("the product, answering held back", report.held),
        ("the product, answering beside", report.beside),
        (f"{load.steady_rate:g} a second, answering beside", report.steady),
        (f"{load.crowd} in one instant, answering beside", report.instant),
    ):
        table.add_row(name, *_row(one))
    console.print(table)
    ratios = report.as_json()
    console.print(
        f"Of what ordinary statements take the product takes {ratios['ratio_held']:.2f} with answering held back, "
        f"{ratios['ratio_beside']:.2f} beside it; of the one statement {ratios['ratio_single']:.2f}.\n"
        f"CPU-ms a form, answering held back: {_spent(report.cpu_ms)}; bare: {_spent(report.bare_cpu_ms)}."
    )


def _spent(cpu_ms: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {ms:.2f}" for name, ms in cpu_ms.items())


def _row(one: Accepted) -> tuple[str, ...]:
    return f"{one.a_second:.0f}", f"{one.p50:.0f}", f"{one.p95:.0f}", str(one.refused)
