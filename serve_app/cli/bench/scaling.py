"""Runs `nightdesk bench scaling`: starts a product of its own that scales at low loads, measures it, draws the plot."""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from db.pool import create_pool
from evaluation.benchmarks import scaling
from evaluation.benchmarks.pipeline import part_of
from evaluation.benchmarks.scaling import ScalingReport
from evaluation.client import ProductClient
from evaluation.demo.samples import load_samples
from serve_app.cli.bench.scaling_plot import draw, require_library
from serve_app.cli.bench.view import write_report
from serve_app.cli.target import Target, find_product
from serve_app.embedded.base import ports
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.errors import UserError
from serve_app.scaling import table
from serve_app.settings.company_documents import context_dir
from serve_app.settings.settings import load_settings

TRIAL = "serve_app.app:trial_graph"
SETTLE_S = 240.0
KILL_EVERY_S = 45.0
"""Above the time that a replica takes to start: a graph that is never whole is deployed anew after 90 s."""
KILLED = ("identity", "analysis", "agent", "ingest", "delivery")

console = Console()


def run(json_file: Path | None, plot: Path | None, *, kills: bool) -> bool:
    """Measure, draw, print, and return whether it passed. Raises UserError beside settings of other servers."""
    settings = load_settings()
    if settings.database_url or settings.kafka_bootstrap_servers:
        raise UserError("it starts PostgreSQL and Kafka of its own: unset DATABASE_URL and KAFKA_BOOTSTRAP_SERVERS.")
    if plot:
        require_library()
    with _trial_product() as target, console.status("load in steps, then until every node is small again"):
        report = asyncio.run(_measure(target, kills=kills))
    _show(report)
    if plot:
        draw(report, plot)
    write_report(json_file, report.as_json())
    return report.passed


@contextmanager
def _trial_product() -> Iterator[Target]:
    """A product in a directory of its own, which is removed with it; when it does not start, its logs stay."""
    directory = Path(tempfile.mkdtemp(prefix="nightdesk-scaling-"))
    directory.chmod(0o755)  # as root, PostgreSQL runs as another user
    started = False
    try:
        with console.status("starting a product for the trial"):
            _nightdesk("up", directory, "--detach", "--port", str(ports.pick_free()), "--graph", TRIAL)
        started = True
        yield find_product(directory)
    finally:
        with contextlib.suppress(UserError):
            _nightdesk("down", directory)
        if started:
            for left in (DataDir(directory).ray_home, directory):
                shutil.rmtree(left, ignore_errors=True)


def _nightdesk(command: str, directory: Path, *options: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "serve_app.cli.main", command, "--data-dir", str(directory), *options],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["the trial's product failed"]
        raise UserError(lines[-1].removeprefix("error: "))


async def _measure(target: Target, *, kills: bool) -> ScalingReport:
    samples = load_samples(context_dir(load_settings()) / "sample-tickets.json")
    killer = Killer(target.data_dir)
    pool = await create_pool(target.database_url, size=2)
    try:
        async with ProductClient(target.url, token=target.token, timeout_s=60) as client:
            return await scaling.measure(
                client,
                pool,
                samples,
                nodes=table.NAMES,
                scaled=[one.node.name for one in table.trial() if one.bounds.most > one.bounds.least],
                settle_s=SETTLE_S,
                disturb=killer.run if kills else None,
                kills=killer.killed,
            )
    finally:
        await pool.close()


class Killer:
    """Kills a replica of this installation every KILL_EVERY_S seconds, node after node."""

    def __init__(self, data_dir: str) -> None:
        self._data_dir = data_dir
        self.killed: list[str] = []

    async def run(self) -> None:
        """Go on until it is cancelled."""
        while True:
            for node in KILLED:
                await asyncio.sleep(KILL_EVERY_S)
                if found := await asyncio.to_thread(self._replicas, node):
                    with contextlib.suppress(psutil.Error):
                        random.choice(found).kill()  # noqa: S311 - any one
                        self.killed.append(node)

    def _replicas(self, node: str) -> list[psutil.Process]:
        return [process for process in psutil.process_iter() if self._is_replica(process, node)]

    def _is_replica(self, process: psutil.Process, node: str) -> bool:
        try:
            return part_of(process, self._data_dir) == node
        except psutil.Error:
            return False


def _show(report: ScalingReport) -> None:
    shown = Table("node", "before", "most", "in the end", title="Replicas", title_justify="left")
    for name, found in report.nodes.items():
        shown.add_row(name, str(found.low), str(found.peak), str(found.end))
    console.print(shown)
    seconds = sorted(answer.seconds for answer in report.answers) or [float("nan")]
    console.print(
        f"{report.sent} forms: {report.refused} refused, {report.lost} lost, {report.doubled} answered twice; "
        f"{len(report.kills)} replicas killed. "
        f"Answered after {seconds[len(seconds) // 2]:.1f} s (median), {seconds[-1]:.1f} s at most."
    )
