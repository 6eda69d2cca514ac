"""Runs `nightdesk bench growth` and prints its report."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.table import Table

from db.measurement.scratch import ScratchRefusedError
from db.pool import DatabaseUnavailableError, Pool
from embeddings.encoder import Encoder
from evaluation.benchmarks import growth
from evaluation.benchmarks.growth import GrowthReport, Row
from serve_app.cli.bench.quality import database, wide_console
from serve_app.cli.bench.view import write_report
from serve_app.cli.in_store import with_pool
from serve_app.cli.target import Target, find_database, settings_of
from serve_app.embedded.base.errors import NotRunningError, UserError
from serve_app.nodes.model_in_force import folder_in_force
from serve_app.settings.settings import load_settings

console = wide_console()


def run(
    data_dir: Path | None, json_file: Path | None, *, history: int, passages: int, tickets: int, rounds: int
) -> bool:
    """Fill, measure, print, drop, and return whether every call is within its bounds."""
    try:
        with _server(data_dir) as (url, vector_size), console.status("") as status:
            grown = growth.dimensions(history=history, passages=passages, tickets=tickets, vector_size=vector_size)
            report = asyncio.run(growth.measure(url, grown, rounds=rounds, said=status.update))
    except (ScratchRefusedError, DatabaseUnavailableError) as error:
        raise UserError(str(error)) from None
    _show(report)
    write_report(json_file, report.as_json())
    return report.passed


@contextmanager
def _server(data_dir: Path | None) -> Iterator[tuple[str, int]]:
    """Yield the address of the product's PostgreSQL, or else of one that is started for this, and the vectors' size."""
    try:
        target = find_database(data_dir)
    except NotRunningError:
        if data_dir is not None:
            raise
        with database() as url:
            yield url, Encoder(load_settings().embedding_model).dimensions
        return
    yield target.database_url, Encoder(asyncio.run(_folder(target))).dimensions


async def _folder(target: Target) -> str:
    settings = settings_of(target)

    async def found(pool: Pool) -> str:
        return await folder_in_force(pool, settings.embedding_model, settings.models_dir)

    return await with_pool(target.database_url, found)


def _show(report: GrowthReport) -> None:
    for name in dict.fromkeys(row.dimension for row in report.rows):
        table = Table("call", name, "p50 ms", "p95 ms", "p95, of the smallest", "p50, of bare", title_justify="left")
        for row in report.rows:
            if row.dimension == name:
                table.add_row(*_cells(row), style="" if row.passed else "bold red")
        console.print(table)
        fills = ", ".join(
            f"{fill.size:,} in {fill.seconds:.0f} s" + (f" (index {fill.index_s:.0f} s)" if fill.index_s else "")
            for fill in report.fills
            if fill.dimension == name
        )
        console.print(f"Filled with {name}: {fills}.", highlight=False)
    slow = [row for row in report.rows if not row.passed]
    console.print(
        f"{report.rounds} calls a row, the sizes in turns. Out of bounds: {len(slow)} of "
        f"{sum(row.bounded for row in report.rows)} rows."
    )


def _cells(row: Row) -> tuple[str, ...]:
    of_bare = "" if row.of_bare is None else f"{row.of_bare:.2f}"
    return row.call, f"{row.size:,}", f"{row.p50:.2f}", f"{row.p95:.2f}", f"{row.p95_of_smallest:.2f}", of_bare
