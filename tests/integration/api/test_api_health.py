"""H6, K5, T-K4: GET /health, and every call while the database is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from db.pool import create_pool
from tests.fixtures.waiting import eventually
from tests.fixtures.wire import Wire
from tests.integration.api.serving import BOBS_KEY, FORM, Served, arguments, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

HEALTH = ("/api/v1/health", "/health")
NODES = ("ingress", "ingest", "identity", "analysis", "agent", "delivery", "reporting")
CALLS = [
    ("POST", "/api/v1/support/form"),
    ("GET", "/api/v1/tickets/TKT-0001?token=x"),
    ("POST", "/api/v1/tickets/TKT-0001/messages?token=x"),
    ("GET", "/api/v1/metrics/channels"),
]


async def report(
    api: Served,
    status: str,
    seconds_ago: float = 0.0,
    *,
    node: str = "agent",
    replica: str = "r1",
    facts: dict[str, Any] | None = None,
) -> None:
    """Store a replica's status report."""
    await api.pool.execute(
        "INSERT INTO node_status VALUES ($1, $2, $3, '', now() - make_interval(secs => $4), $5)",
        node, replica, status, seconds_ago, facts or {},
    )  # fmt: skip


async def all_report(api: Served, **facts: dict[str, Any]) -> None:
    """Store a report of every node, which is old in a minute and 20 s only; `facts` by node."""
    for node in NODES:
        await report(api, "healthy", -60.0, node=node, replica="lasting", facts=facts.get(node))


async def component(api: Served, name: str) -> dict[str, str]:
    found: dict[str, str] = (await api.client.get("/health")).json()["components"][name]
    return found


@pytest.mark.parametrize("path", HEALTH)
async def test_h6_health_has_a_status_for_every_component(api: Served, path: str) -> None:
    response = await api.client.get(path)
    body = response.json()
    assert response.status_code == 200
    assert set(body) == {"status", "components", "alerts", "consumer_lag", "version", "timestamp"}
    assert set(body["components"]) == {"database", "kafka", "gmail", "whatsapp", "web_form", *NODES}
    assert all(set(part) == {"status", "detail"} for part in body["components"].values())
    assert (body["version"], body["components"]["database"]["status"]) == ("1.2.3", "healthy")
    assert all(part["detail"] for part in body["components"].values())


async def test_h6_a_channel_without_credentials_is_off_and_not_degraded(api: Served) -> None:
    components = (await api.client.get("/health")).json()["components"]
    assert {components["gmail"]["status"], components["whatsapp"]["status"]} == {"off"}


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ([], "unhealthy"),
        ([("healthy", 31.0, "a")], "unhealthy"),
        ([("healthy", 1.0, "a")], "healthy"),
        ([("unhealthy", 300.0, "dead"), ("healthy", 2.0, "a")], "healthy"),
        ([("healthy", 1.0, "a"), ("degraded", 1.0, "b")], "degraded"),
    ],
)
async def test_h6_the_agents_status_is_that_of_its_live_replicas(
    api: Served, reports: list[tuple[str, float, str]], expected: str
) -> None:
    for status, seconds, replica in reports:
        await report(api, status, seconds, replica=replica)
    assert (await component(api, "agent"))["status"] == expected


@pytest.mark.parametrize("node", NODES[1:])
async def test_h6_a_silent_node_shows_by_what_it_means_for_customers(api: Served, node: str) -> None:
    await all_report(api)
    await api.pool.execute("UPDATE node_status SET seen_at = now() - interval '25 seconds' WHERE node = $1", node)
    health = await api.client.get("/health")
    assert (health.status_code, health.json()["status"]) == (200, "degraded")
    found = health.json()["components"][node]
    assert found["status"] == ("degraded" if node == "reporting" else "unhealthy")
    assert f"no heartbeat of the {node} node for" in found["detail"]
    assert node in (await api.client.get("/health/ready")).json()["problems"]


async def test_h6_the_ingress_reports_by_itself(api: Served) -> None:
    async def healthy() -> bool:
        return (await component(api, "ingress"))["status"] == "healthy"

    await eventually(healthy)


async def test_h6_a_node_that_does_not_answer_the_consumer_is_unhealthy_although_it_reports(api: Served) -> None:
    await all_report(api, ingest={"failing": {"analysis": "RuntimeError"}})
    found = await component(api, "analysis")
    assert (found["status"], "RuntimeError" in found["detail"]) == ("unhealthy", True)
    assert (await component(api, "identity"))["status"] == "healthy"


async def test_h6_a_consumer_that_has_stopped_is_unhealthy_beside_one_that_works(api: Served) -> None:
    await all_report(api)
    await report(api, "unhealthy", node="ingest", replica="r2")
    assert (await component(api, "ingest"))["status"] == "unhealthy"


async def test_h6_alerts_and_lag_are_shown_and_leave_the_status(api: Served) -> None:
    await all_report(api, reporting={"lag": 7, "alerts": ["mean latency 4.0 s is above 3.0 s"]})
    body = (await api.client.get("/health")).json()
    assert (body["alerts"], body["consumer_lag"]) == (["mean latency 4.0 s is above 3.0 s"], 7)
    assert body["components"]["reporting"]["status"] == "healthy"
    assert body["components"]["ingest"]["detail"].endswith("lag 7")


async def test_h6_without_a_broker_it_is_degraded_and_ready(api: Served) -> None:
    await all_report(api)
    assert (await api.client.get("/health")).json()["status"] == "degraded"
    for path in ("/health/ready", "/api/v1/health/ready", "/health/live", "/api/v1/health/live"):
        assert (await api.client.get(path)).status_code == 200
    assert "kafka" in (await api.client.get("/health/ready")).json()["problems"]
    assert (await api.client.get("/health/live")).json() == {"status": "alive"}


async def test_h6_with_every_component_up_it_is_healthy(database_url: str, kafka_server: Any) -> None:
    args = arguments(database_url)
    kafka = args.kafka.model_copy(update={"bootstrap_servers": kafka_server.bootstrap_servers})
    async with running(args.model_copy(update={"kafka": kafka})) as api:
        await all_report(api)

        async def healthy() -> bool:
            return bool((await api.client.get("/health")).json()["status"] == "healthy")

        await eventually(healthy, within_s=60)
        assert (await api.client.get("/health/ready")).json() == {"status": "ready", "problems": {}}
        await api.submit()
        await eventually(lambda: api.pool.fetchval("SELECT state = 'published' FROM events"))


async def test_s7_shutting_down_closes_every_connection(database_url: str) -> None:
    async with running(arguments(database_url)) as api:
        await api.submit()
    pool = await create_pool(database_url, size=1, min_size=0)
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    # The server's backends end a moment after us.
    await eventually(lambda: pool.fetchval(f"SELECT ({others}) = 0"))
    await pool.close()


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
        assert (await api.client.get("/health/ready")).status_code == 503
        wire.speaks.set()
        assert (await api.client.get("/health/ready")).status_code == 200


async def test_calls_that_come_while_another_ends_are_all_answered(api: Served) -> None:
    """Each waits for a reading of the database that others share, and may not take the next one's for it."""

    async def customer() -> set[int]:
        return {(await api.client.get("/health")).status_code for _ in range(15)}

    seen = await asyncio.gather(*(customer() for _ in range(12)))
    assert set().union(*seen) == {200}
