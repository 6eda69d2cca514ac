"""What `nightdesk demo` does and prints."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from evaluation.client import ProductClient, ProductUnreachableError
from evaluation.demo import Case, DemoReport, play
from evaluation.samples import Sample, SamplesError, load_samples
from serve_app.cli.target import Target
from serve_app.context import context_dir
from serve_app.embedded.errors import UserError
from serve_app.settings import load_settings


def run(target: Target, json_file: Path | None) -> bool:
    """Play the samples, print each as it ends, and tell whether all went as it should. Raises UserError."""
    try:
        samples = load_samples(context_dir(load_settings()) / "sample-tickets.json")
        report = asyncio.run(_play(target, samples, Console()))
    except (SamplesError, ProductUnreachableError) as error:
        raise UserError(str(error)) from error
    if json_file:
        json_file.write_text(json.dumps(report.as_json(), indent=1, ensure_ascii=False), encoding="utf-8")
    return report.passed


async def _play(target: Target, samples: Sequence[Sample], console: Console) -> DemoReport:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("sample tickets", total=len(samples))

        def show(case: Case) -> None:
            progress.console.print(_line(case), markup=True, highlight=False)
            progress.advance(task)

        async with ProductClient(target.url, token=target.token) as client:
            report = await play(client, samples, on_case=show)
    _summarise(report, console)
    return report


def _line(case: Case) -> str:
    mark = "[green]✓[/]" if case.matched else "[red]✗[/]"
    became = case.became if case.matched else f"{case.became}  (expected {case.expected})"
    return (
        f"{mark} {case.id}  {case.channel:<8}  {case.ticket:<9} {case.seconds:5.1f} s  {became:<32} {case.subject[:60]}"
    )


def _summarise(report: DemoReport, console: Console) -> None:
    total = len(report.cases)
    for case in report.cases:
        if not case.matched:
            console.print(f"\n{case.id} {case.subject}: expected {case.expected}, became {case.became}", markup=False)
            console.print(case.reply or "(no answer)", style="dim", markup=False)
    console.print(
        f"\n{total} tickets: {report.matched} as labelled ({report.matched / total:.1%}), "
        f"{report.lost} lost, {report.doubled} answered twice"
    )
