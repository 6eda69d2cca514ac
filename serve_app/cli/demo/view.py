"""Runs `nightdesk demo` and prints each ticket as it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from db.pool import DatabaseUnavailableError, Pool, create_pool
from evaluation.client import ProductClient, ProductUnreachableError
from evaluation.demo.console_client import ConsoleClient
from evaluation.demo.entry_points import EntryPoint, FormEntryPoint, MailEntryPoint, WhatsAppEntryPoint
from evaluation.demo.play import Case, DemoReport, play
from evaluation.demo.samples import Sample, SamplesError, load_samples
from serve_app.cli.target import Target
from serve_app.embedded.base.errors import UserError
from serve_app.settings.company_documents import context_dir
from serve_app.settings.settings import load_settings

BY_FORM = (
    "Every ticket goes through the web form; where `nightdesk up --demo-channels` runs, each takes its own channel."
)


def run(target: Target, stand_ins_url: str, json_file: Path | None) -> bool:
    """Play the samples, print each as it ends, and return whether the report passes. Raises UserError.

    `stand_ins_url`: the page of the running stand-ins, empty without them.
    """
    try:
        samples = load_samples(context_dir(load_settings()) / "sample-tickets.json")
        report = asyncio.run(_play(target, stand_ins_url, samples, Console()))
    except (SamplesError, ProductUnreachableError, DatabaseUnavailableError) as error:
        raise UserError(str(error)) from error
    if json_file:
        json_file.write_text(json.dumps(report.as_json(), indent=1, ensure_ascii=False), encoding="utf-8")
    return report.passed


async def _play(target: Target, stand_ins_url: str, samples: Sequence[Sample], console: Console) -> DemoReport:
    console.print(f"All three channels, by the stand-ins at {stand_ins_url}/" if stand_ins_url else BY_FORM)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("sample tickets", total=len(samples))

        def show(case: Case) -> None:
            progress.console.print(_line(case), markup=True, highlight=False, soft_wrap=True)
            progress.advance(task)

        async with _entry_points(target, stand_ins_url) as entry_points:
            report = await play(entry_points, samples, on_case=show)
    _summarise(report, console)
    return report


@asynccontextmanager
async def _entry_points(target: Target, stand_ins_url: str) -> AsyncIterator[Mapping[str, EntryPoint]]:
    """The entry point of each channel: its own, or without the stand-ins the form's."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(ProductClient(target.url, token=target.token))
        form = FormEntryPoint(client)
        if not stand_ins_url:
            yield dict.fromkeys(("web_form", "email", "whatsapp"), form)
            return
        pool: Pool = await create_pool(target.database_url, size=2)
        stack.push_async_callback(pool.close)
        stand_ins = await stack.enter_async_context(ConsoleClient(stand_ins_url))
        mail, whatsapp = MailEntryPoint(stand_ins, client, pool), WhatsAppEntryPoint(stand_ins, client, pool)
        yield {"web_form": form, "email": mail, "whatsapp": whatsapp}


def _line(case: Case) -> str:
    mark = "[green]✓[/]" if case.matched else "[red]✗[/]"
    became = case.became if case.matched else f"{case.became}  (expected {case.expected})"
    return (
        f"{mark} {case.id}  {case.channel:<8}  {case.ticket:<9} {case.seconds:5.1f} s  {became:<32} {case.subject[:60]}"
    )


def _summarise(report: DemoReport, console: Console) -> None:
    for case in report.cases:
        if not case.matched:
            console.print(f"\n{case.id} {case.subject}: expected {case.expected}, became {case.became}", markup=False)
            console.print(case.reply or "(no answer)", style="dim", markup=False, soft_wrap=True)
    console.print()
    by_entry_point = {via: [case for case in report.cases if case.via == via] for via in ("form", "mail", "whatsapp")}
    for via, cases in by_entry_point.items():
        if cases:
            seconds = median(case.seconds for case in cases)
            console.print(f"{via:<8}  {len(cases):3} tickets, half of them answered within {seconds:.1f} s")
    total = len(report.cases)
    console.print(
        f"{total} tickets: {report.matched} as labelled ({report.matched / total:.1%}), "
        f"{report.lost} lost, {report.doubled} answered twice"
    )
