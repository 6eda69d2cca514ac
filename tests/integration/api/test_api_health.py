"""H6, K5, T-K4: GET /health, and every call while the database is away."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from db.pool import create_pool
from tests.integration.api.serving import BOBS_KEY, FORM, Served, arguments, free_port, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

HEALTH = ("/api/v1/health", "/health")
CALLS = [
    ("POST", "/api/v1/support/form"),
    ("GET", "/api/v1/tickets/TKT-0001?token=x"),
    ("POST", "/api/v1/tickets/TKT-0001/messages?token=x"),
    ("GET", "/api/v1/metrics/channels"),
]


async def report(api: Served, status: str, seconds_ago: float, replica: str = "r1", detail: str = "") -> None:
    """Store a status report of an agent replica."""
    await api.pool.execute(
        "INSERT INTO node_status VALUES ('agent', $1, $2, $3, now() - make_interval(secs => $4))",
        replica, status, detail, seconds_ago,
    )  # fmt: skip


@pytest.mark.parametrize("path", HEALTH)
async def test_h6_health_has_a_status_for_every_component(api: Served, path: str) -> None:
    response = await api.client.get(path)
    body = response.json()
    assert response.status_code == 200
    assert set(body) == {"status", "components", "version", "timestamp"}
    assert set(body["components"]) == {"database", "kafka", "gmail", "whatsapp", "web_form", "agent"}
    assert all(set(part) == {"status", "detail"} for part in body["components"].values())
    assert (body["version"], body["components"]["database"]["status"]) == ("1.2.3", "healthy")
    assert all(part["detail"] for part in body["components"].values())


async def test_h6_a_channel_without_credentials_is_off_and_not_degraded(api: Served) -> None:
    components = (await api.client.get("/health")).json()["components"]
    assert {components["gmail"]["status"], components["whatsapp"]["status"]} == {"off"}


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ([], "degraded"),
        ([("healthy", 31.0, "a")], "degraded"),
        ([("healthy", 1.0, "a")], "healthy"),
        ([("unhealthy", 300.0, "dead"), ("healthy", 2.0, "a")], "healthy"),
        ([("healthy", 1.0, "a"), ("degraded", 1.0, "b")], "degraded"),
    ],
)
async def test_h6_the_agents_status_is_that_of_its_live_replicas(
    api: Served, reports: list[tuple[str, float, str]], expected: str
) -> None:
    for status, seconds, replica in reports:
        await report(api, status, seconds, replica)
    assert (await api.client.get("/health")).json()["components"]["agent"]["status"] == expected


async def test_h6_without_a_broker_it_is_degraded_and_ready(api: Served) -> None:
    await report(api, "healthy", 0)
    assert (await api.client.get("/health")).json()["status"] == "degraded"
    for path in ("/health/ready", "/api/v1/health/ready", "/health/live", "/api/v1/health/live"):
        assert (await api.client.get(path)).status_code == 200


async def test_h6_with_every_component_up_it_is_healthy(database_url: str, kafka_server: Any) -> None:
    args = arguments(database_url)
    kafka = args.kafka.model_copy(update={"bootstrap_servers": kafka_server.bootstrap_servers})
    async with running(args.model_copy(update={"kafka": kafka})) as api:
        await report(api, "healthy", 0)
        body: dict[str, Any] = {}
        for _ in range(200):
            body = (await api.client.get("/health")).json()
            if body["status"] == "healthy":
                break
            await asyncio.sleep(0.05)
        assert body["status"] == "healthy", body
        await api.submit()
        for _ in range(200):
            if await api.pool.fetchval("SELECT state FROM events") == "published":
                break
            await asyncio.sleep(0.05)
        assert await api.pool.fetchval("SELECT state FROM events") == "published"


async def test_s7_shutting_down_closes_every_connection(database_url: str) -> None:
    async with running(arguments(database_url)) as api:
        await api.submit()
    pool = await create_pool(database_url, size=1, min_size=0)
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    async with asyncio.timeout(5):
        while await pool.fetchval(others):  # noqa: ASYNC110 – the server's backends end a moment after us
            await asyncio.sleep(0.02)
    await pool.close()


class Wire:
    """The way to the database, which can be cut, held up and mended."""

    def __init__(self, database_url: str) -> None:
        self._target = urlsplit(database_url)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.speaks = asyncio.Event()
        self.speaks.set()
        self.port = free_port()

    @property
    def url(self) -> str:
        """The database's address through this wire."""
        return self._target._replace(netloc=f"{self._target.netloc.rpartition(':')[0]}:{self.port}").geturl()

    async def mend(self) -> None:
        """Let connections through."""
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)

    async def cut(self) -> None:
        """End all connections and refuse new ones."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self._target.hostname, self._target.port)
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                await self.speaks.wait()
                sink.write(data)
        finally:
            with contextlib.suppress(OSError):
                sink.close()


@pytest.fixture
async def wire(database_url: str) -> AsyncIterator[Wire]:
    """A wire that is cut at first."""
    wire = Wire(database_url)
    yield wire
    await wire.cut()


async def assert_away(api: Served) -> None:
    """Live, not ready, unhealthy, and every call refused with a time to come back."""
    assert (await api.client.get("/health/live")).status_code == 200
    for path in ("/health/ready", "/health"):
        response = await api.client.get(path)
        assert (response.status_code, int(response.headers["Retry-After"]) >= 1) == (503, True)
        assert {"error", "message", "request_id"} <= set(response.json())
    health = (await api.client.get("/health")).json()
    assert (health["status"], health["components"]["database"]["status"]) == ("unhealthy", "unhealthy")
    staff = {"Authorization": f"Bearer {BOBS_KEY}"}
    for method, path in CALLS:
        response = await api.client.request(method, path, json=FORM if method == "POST" else None, headers=staff)
        assert (response.status_code, response.json()["error"]) == (503, "UNAVAILABLE"), path
        assert int(response.headers["Retry-After"]) >= 1


async def test_k5_a_node_starts_without_a_database_and_connects_later(database_url: str, wire: Wire) -> None:
    async with running(arguments(wire.url)) as api:
        await assert_away(api)
        await wire.mend()
        assert (await api.client.get("/health/ready")).status_code == 200
        assert (await api.submit())["ticket_id"] == "TKT-0001"


async def test_t_k4_a_database_that_goes_away_is_503_and_comes_back(database_url: str, wire: Wire) -> None:
    await wire.mend()
    async with running(arguments(wire.url)) as api:
        await api.submit()
        await wire.cut()
        await assert_away(api)
        await wire.mend()
        assert (await api.submit())["ticket_id"] == "TKT-0002"


async def test_k5_an_unresponsive_database_does_not_block_health(database_url: str, wire: Wire) -> None:
    await wire.mend()
    async with running(arguments(wire.url)) as api:
        await api.submit()
        wire.speaks.clear()
        async with asyncio.timeout(5):
            assert (await api.client.get("/health/ready")).status_code == 503
        wire.speaks.set()
        assert (await api.client.get("/health/ready")).status_code == 200
