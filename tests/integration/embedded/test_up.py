"""S1, S7: one command starts the real parts and keeps them running; whatever is killed comes back with all its data."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from ingest.events import TOPICS
from serve_app.embedded.base import ports
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.run_file import RunFile, load
from serve_app.embedded.parts.ray_node import METRICS_PORT
from serve_app.embedded.supervision.shutdown import LEFTOVER_GRACE, SUPERVISOR_SECONDS
from tests.fixtures.kafka_log import values_in
from tests.fixtures.waiting import wait_until
from tests.integration.embedded.running import PROJECT, Running

pytestmark = pytest.mark.timeout(1800)
TOPIC = "fte.metrics"


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A running product of one small node, with the stand-ins for mail and WhatsApp; each test leaves it running."""
    path = Path(tempfile.mkdtemp(prefix="nd-up-"))
    dashboard = ports.pick_free()
    product = Running(path, port=ports.pick_free(taken=[dashboard]), dashboard_port=dashboard)
    try:
        done = product.up()
        assert done.returncode == 0, done.stdout + done.stderr + product.log_ends()
        yield product
    finally:
        product.run("down")
        for left in (path, DataDir(path).ray_home):
            shutil.rmtree(left, ignore_errors=True)


@pytest.fixture
def run_file(running: Running) -> RunFile:
    """Where the running product is."""
    return load(DataDir(running.data_dir))


def _pids(running: Running) -> dict[str, int]:
    return {name: part["pid"] for name, part in running.parts().items()}


def _is_back(running: Running, name: str, old_pid: int) -> bool:
    part = running.parts()[name]
    return part["state"] == "up" and part["pid"] not in (None, old_pid)


async def _count_rows(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM kept"))
    finally:
        await connection.close()


async def _add_rows(dsn: str, number: int) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS kept (id int)")
        await connection.executemany("INSERT INTO kept VALUES ($1)", [(row,) for row in range(number)])
    finally:
        await connection.close()


async def _send(servers: str, number: int) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=servers, enable_idempotence=True)
    await producer.start()
    try:
        for index in range(number):
            await producer.send_and_wait(TOPIC, b"%d" % index)
    finally:
        await producer.stop()


async def _records(servers: str) -> list[bytes]:
    """What the topic holds, sorted: its records lie in several partitions."""
    return sorted(await values_in(TOPIC, bootstrap_servers=servers))


async def _topics(servers: str) -> set[str]:
    consumer = AIOKafkaConsumer(bootstrap_servers=servers)
    await consumer.start()
    try:
        return set(await consumer.topics())
    finally:
        await consumer.stop()


def test_s1_status_names_every_part(running: Running) -> None:
    report = running.status()
    assert report["state"] == "up"
    assert [part["name"] for part in report["parts"]] == ["postgres", "kafka", "channels", "ray", "graph"]
    for part in report["parts"]:
        assert psutil.pid_exists(part["pid"])
        assert part["restarts"] == 0
    assert report["health"]["path"] == "/health"
    assert "operator_token" not in report


async def test_s1_the_topics_are_there(run_file: RunFile) -> None:
    assert set(TOPICS) <= await _topics(run_file.kafka_bootstrap_servers)


def test_s1_everything_listens_on_loopback(running: Running) -> None:
    """Serve's replicas alone bind everywhere, behind Ray's token."""
    leaders = {part["pid"] for part in running.parts().values()}
    for process in psutil.process_iter():
        try:
            ours = os.getsid(process.pid) in leaders and not process.name().startswith("ray::ServeRepli")
            listening = [link for link in process.net_connections("inet") if link.status == psutil.CONN_LISTEN]
        except (psutil.Error, OSError):
            continue
        if ours:
            assert {link.laddr.ip for link in listening} <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}, process.name()


def test_s1_secrets_are_readable_by_their_owner_alone(running: Running) -> None:
    for path in [running.data_dir / "run.json", *(running.data_dir / "secrets").iterdir()]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_s1_ray_asks_for_its_token(run_file: RunFile) -> None:
    path = f"{run_file.dashboard_url}/api/serve/applications/"
    assert httpx.get(path, timeout=60, trust_env=False).status_code == 401
    token = (Path(run_file.data_dir) / "secrets" / "ray_token").read_text()
    assert httpx.get(path, headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False).status_code == 200


def _session(leader: int) -> Iterator[psutil.Process]:
    """The processes of a part, as long as they live."""
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader:
                yield process
        except (psutil.Error, OSError):
            continue


def test_m4_ray_tells_its_figures_where_prometheus_looks(running: Running) -> None:
    kept = json.loads((running.data_dir / "ports.json").read_text())
    wanted = {METRICS_PORT, kept.get("ray_metrics")}
    ray = running.parts()["ray"]["pid"]
    ours = {
        link.laddr.port
        for process in _session(ray)
        for link in process.net_connections("inet")
        if link.status == psutil.CONN_LISTEN and link.laddr.port in wanted
    }
    assert len(ours) == 1
    figures = f"http://127.0.0.1:{ours.pop()}/metrics"
    wait_until(lambda: "ray_node_cpu_count" in httpx.get(figures, timeout=60, trust_env=False).text)


def test_s1_a_second_up_prints_the_address(running: Running) -> None:
    before = _pids(running)
    done = running.up()
    assert done.returncode == 0
    assert f"{running.url}/" in done.stdout
    assert f"{load(DataDir(running.data_dir)).demo_channels_url}/" in done.stdout
    assert _pids(running) == before


def test_s1_a_taken_port_is_one_line(running: Running) -> None:
    path = Path(tempfile.mkdtemp(prefix="nd-up-"))
    try:
        other = Running(path, port=running.port, dashboard_port=ports.pick_free())
        done = other.up()
        assert done.returncode == 1
        assert done.stderr == (
            f"error: port {running.port} is in use by another program: stop it, or choose another with --port.\n"
        )
    finally:
        shutil.rmtree(path, ignore_errors=True)


async def test_s1_postgres_comes_back_with_its_rows(running: Running, run_file: RunFile) -> None:
    await _add_rows(run_file.database_url, 100)
    pid = _pids(running)["postgres"]
    running.kill(pid)
    took = wait_until(lambda: _is_back(running, "postgres", pid), what="PostgreSQL")
    print(f"PostgreSQL is back after {took:.1f} s")
    assert await _count_rows(run_file.database_url) >= 100


async def test_s1_kafka_comes_back_with_its_records(running: Running, run_file: RunFile) -> None:
    await _send(run_file.kafka_bootstrap_servers, 50)
    before = await _records(run_file.kafka_bootstrap_servers)
    pid = _pids(running)["kafka"]
    running.kill(pid)
    took = wait_until(lambda: _is_back(running, "kafka", pid), what="Kafka")
    print(f"Kafka is back after {took:.1f} s")
    assert await _records(run_file.kafka_bootstrap_servers) == before


def test_s1_the_watcher_of_the_graph_comes_back(running: Running) -> None:
    """Its death touches no node: the graph goes on answering."""
    pid = _pids(running)["graph"]
    running.kill(pid)
    assert running.is_live()
    wait_until(lambda: _is_back(running, "graph", pid), what="the graph's watcher")
    assert running.is_live()


def test_s6_the_graph_and_the_stand_ins_reach_each_other(running: Running, run_file: RunFile) -> None:
    graph_args, page = running.built_from(), run_file.demo_channels_url
    assert (graph_args["page"], graph_args["public_base_url"], graph_args["missing"]) == (page, running.url, [])
    assert graph_args["audience"] == f"{running.url}/webhooks/gmail"
    assert all(str(host).startswith("http://127.0.0.1:") for host in graph_args["hosts"])
    assert running.status()["demo_channels_url"] == page
    assert httpx.get(f"{page}/api/addresses", timeout=60, trust_env=False).json()["form"] == f"{running.url}/"


def test_s6_the_stand_ins_come_back_where_they_were_and_the_graph_stays(running: Running, run_file: RunFile) -> None:
    with httpx.Client(base_url=run_file.demo_channels_url, timeout=60, trust_env=False) as page:
        page.post("/api/whatsapp", json={"number": "+12025550143", "body": "still there?"}).raise_for_status()
        wait_until(lambda: bool(_posts(page)), what="the post to the product")
        pid, graph = _pids(running)["channels"], _pids(running)["graph"]
        running.kill(pid)
        took = wait_until(lambda: _is_back(running, "channels", pid), what="the stand-ins")
        print(f"the stand-ins are back after {took:.1f} s")
        assert [post["details"]["status"] for post in _posts(page)] == [200]
    assert _pids(running)["graph"] == graph
    assert (
        running.built_from()["hosts"] == httpx.get(f"{running.url}/health", timeout=60, trust_env=False).json()["hosts"]
    )


def _posts(page: httpx.Client) -> list[dict[str, Any]]:
    return [entry for entry in page.get("/api/journal").json() if entry["kind"] == "webhook"]


def test_s1_ray_comes_back_with_the_graph(running: Running) -> None:
    raylets = [
        process
        for process in psutil.process_iter()
        if process.name() == "raylet" and os.getsid(process.pid) == _pids(running)["ray"]
    ]
    pid = _pids(running)["graph"]
    running.kill(raylets[0].pid)
    wait_until(lambda: _is_back(running, "graph", pid) and running.is_live(), within_s=300, what="the graph")
    assert running.parts()["ray"]["restarts"] == 1


def test_s1_up_after_the_supervisor_was_killed(running: Running) -> None:
    """Its parts still run: the next `up` takes over with the same data and without two of anything."""
    old = _pids(running)
    running.kill(running.supervisor_pid())
    status = running.run("status")
    assert status.returncode == 3
    assert "is gone and left parts running" in status.stderr
    done = running.up()
    assert done.returncode == 0, done.stdout + done.stderr + running.log_ends()
    assert not [pid for pid in old.values() if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"]


async def test_s1_up_after_everything_was_killed(running: Running, run_file: RunFile) -> None:
    await _add_rows(run_file.database_url, 5)
    rows, records = await _count_rows(run_file.database_url), await _records(run_file.kafka_bootstrap_servers)
    sessions = set(_pids(running).values())
    running.kill(running.supervisor_pid())
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) in sessions:
                running.kill(process.pid)
        except OSError:
            continue
    done = await asyncio.to_thread(running.up)
    assert done.returncode == 0, done.stdout + done.stderr + running.log_ends()
    now = load(DataDir(running.data_dir))
    assert await _count_rows(now.database_url) == rows
    assert await _records(now.kafka_bootstrap_servers) == records


def test_s7_down_stops_everything_and_waits_less_than_15_seconds_for_it(running: Running) -> None:
    """What is still there by then is killed, however slow the machine."""
    assert SUPERVISOR_SECONDS + LEFTOVER_GRACE < 15
    sessions = set(_pids(running).values())
    done = running.run("down")
    assert done.returncode == 0
    assert "postgres" in done.stdout
    assert not [pid for pid in psutil.pids() if _lives_in(pid, sessions)]
    assert running.run("down").returncode == 3
    assert running.run("status").returncode == 3


def test_s7_ctrl_c_stops_everything(running: Running) -> None:
    """In the foreground, as `make run` does, and without the stand-ins that ran before."""
    with (running.data_dir / "foreground.txt").open("w") as output:
        process = subprocess.Popen(
            running.command("up", *running.start_options), cwd=PROJECT, stdout=output, stderr=output
        )
        wait_until(
            lambda: "Nightdesk is up" in (running.data_dir / "foreground.txt").read_text(),
            within_s=300,
            what="the start",
        )
        sessions = set(_pids(running).values())
        assert (running.built_from()["page"], "GMAIL_USER" in running.built_from()["missing"]) == (None, True)
        too_late = running.up()
        assert (too_late.returncode, "without demo channels: stop it" in too_late.stderr) == (1, True)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=240) == 0
    assert not [pid for pid in psutil.pids() if _lives_in(pid, sessions)]


def _lives_in(pid: int, sessions: set[int]) -> bool:
    try:
        return os.getsid(pid) in sessions and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False
