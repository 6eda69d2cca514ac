"""S1: real services by settings alone; the supervisor in this process, its own commands beside it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from serve_app.cli.main import app
from serve_app.embedded.base import ports, run_file
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.errors import NotRunningError, StartError
from serve_app.embedded.base.processes import PartProcess
from serve_app.embedded.base.run_file import RunFile
from serve_app.embedded.base.start_options import StartOptions
from serve_app.embedded.parts.kafka import EmbeddedKafka
from serve_app.embedded.supervision.orphans import stop_leftovers
from serve_app.embedded.supervision.shutdown import stop_product
from serve_app.embedded.supervision.supervisor import Supervisor
from serve_app.settings.settings import load_settings
from tests.integration.embedded.running import GRAPH

pytestmark = pytest.mark.timeout(1200)


class RecordingDisplay:
    """A display that records the run states and notes of a supervisor."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()
        self.runs: list[RunFile] = []
        self.notes: list[str] = []

    def changed(self, run: RunFile) -> None:
        self.runs.append(run)
        if run.ready:
            self.ready.set()

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def data_dir() -> Iterator[DataDir]:
    path = Path(tempfile.mkdtemp(prefix="nd-sup-"))
    directory = DataDir(path)
    directory.prepare()
    yield directory
    stop_leftovers(directory, grace=0)
    shutil.rmtree(path)
    shutil.rmtree(directory.ray_home, ignore_errors=True)


def _options() -> StartOptions:
    dashboard = ports.pick_free()
    return StartOptions(port=ports.pick_free(taken=[dashboard]), dashboard_port=dashboard, graph=GRAPH)


async def _started(supervisor: Supervisor, display: RecordingDisplay) -> asyncio.Task[None]:
    """The running supervisor, ready; its failure is ours."""
    task = asyncio.create_task(supervisor.run())
    ready = asyncio.create_task(display.ready.wait())
    await asyncio.wait([task, ready], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        await task
    return task


async def test_s1_named_services_replace_the_embedded_ones(
    data_dir: DataDir, database_url: str, kafka_server: EmbeddedKafka
) -> None:
    servers = kafka_server.bootstrap_servers
    settings = load_settings(
        _env_file=None, database_url=database_url, kafka_bootstrap_servers=servers, agent_mode="draft"
    )
    display = RecordingDisplay()
    supervisor = Supervisor(data_dir, settings, display, _options())
    task = await _started(supervisor, display)
    try:
        run = run_file.load(data_dir)
        assert [part.name for part in run.parts] == ["ray", "graph"]
        assert (run.database_url, run.kafka_bootstrap_servers) == (database_url, servers)
        assert run.settings is not None
        assert (run.settings["agent_mode"], run.settings["secret_key"]) == ("draft", data_dir.secret("secret_key"))
        assert not data_dir.postgres.exists()
        assert not data_dir.kafka.exists()
        await _check_status_command(data_dir)
    finally:
        supervisor.stop()
        await task
    assert [part.state for part in display.runs[-1].parts] == ["down", "down"]
    assert stop_leftovers(data_dir, grace=0) == []
    with pytest.raises(NotRunningError):
        run_file.load(data_dir)
    journal = data_dir.log("supervisor").read_text()
    assert "graph: up" in journal
    assert "ray: down" in journal


async def _check_status_command(data_dir: DataDir) -> None:
    """In a thread: the command asks the product, and this loop keeps it alive."""
    arguments = ["status", "--data-dir", str(data_dir.path)]
    as_json = await asyncio.to_thread(CliRunner().invoke, app, [*arguments, "--json"])
    assert as_json.exit_code == 0
    report = json.loads(as_json.stdout)
    assert report["state"] == "up"
    assert report["health"]["path"] == "/health"
    table = await asyncio.to_thread(CliRunner().invoke, app, arguments)
    assert "graph" in table.stdout
    assert report["url"] in table.stdout


async def test_s1_a_first_start_that_fails_stops_what_was_started(data_dir: DataDir) -> None:
    """Kafka's storage is of another cluster; PostgreSQL and Ray are on their way by then."""
    (data_dir.kafka / "log").mkdir(parents=True)
    (data_dir.kafka / "log" / "meta.properties").write_text("version=1\ncluster.id=other\nnode.id=7\n")
    with pytest.raises(StartError, match="Kafka ended while starting"):
        await Supervisor(data_dir, load_settings(_env_file=None), RecordingDisplay(), _options()).run()
    assert stop_leftovers(data_dir, grace=0) == []
    with pytest.raises(NotRunningError):
        stop_product(data_dir)


def test_s7_down_stops_the_processes_of_a_dead_supervisor(data_dir: DataDir) -> None:
    part = PartProcess("graph", record_path=data_dir.record("graph"), log=data_dir.log("graph"))
    part.spawn(["sleep", "600"], env={"PATH": os.defpath}, cwd=data_dir.path)
    done = CliRunner().invoke(app, ["down", "--data-dir", str(data_dir.path)])
    assert (done.exit_code, done.stdout) == (0, "stopped: graph\n")
    assert not part.is_alive()


async def test_s1_a_taken_port_is_seen_before_anything_is_started(data_dir: DataDir) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        options = StartOptions(port=taken.getsockname()[1], graph=GRAPH)
        with pytest.raises(StartError, match=r"is in use by another program"):
            await Supervisor(data_dir, load_settings(_env_file=None), RecordingDisplay(), options).run()
    assert not data_dir.postgres.exists()
