"""H7: the figures of the channels."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.api.serving import STAFF_KEY, Served

pytestmark = pytest.mark.asyncio(loop_scope="module")

STAFF = {"Authorization": f"Bearer {STAFF_KEY}"}
PATHS = ("/api/v1/metrics/channels", "/metrics/channels")
EMPTY = {
    "conversation_count": 0, "message_volume": 0, "average_sentiment": None, "escalation_count": 0,
    "escalation_rate": None, "average_latency_ms": None, "p95_latency_ms": None,
}  # fmt: skip


async def record(api: Served, kind: str, channel: str, values: list[float], *, hours_ago: float = 0.1) -> None:
    """Write measurements as the turns do."""
    await api.pool.executemany(
        "INSERT INTO agent_metrics (metric_type, channel, value, recorded_at) VALUES ($1, $2, $3, $4)",
        [(kind, channel, value, datetime.now(UTC) - timedelta(hours=hours_ago)) for value in values],
    )


@pytest.mark.parametrize("path", PATHS)
async def test_h7_every_channel_is_listed_also_without_data(api: Served, path: str) -> None:
    body = (await api.client.get(path, headers=STAFF)).json()
    assert set(body) == {"period", "channels", "totals"}
    assert body["period"] == "24h"
    assert {row["channel"] for row in body["channels"]} == {"email", "whatsapp", "web_form"}
    assert [{name: row[name] for name in EMPTY} for row in body["channels"]] == [EMPTY] * 3
    assert body["totals"] == EMPTY


async def test_h7_figures_are_those_of_the_channel_and_of_all(api: Served) -> None:
    await record(api, "conversation_count", "web_form", [1, 1])
    await record(api, "message_volume", "web_form", [1, 1, 1])
    await record(api, "sentiment", "web_form", [0.2, 0.6])
    await record(api, "response_latency", "web_form", [float(n) for n in range(1, 101)])
    await record(api, "escalation", "web_form", [1] * 25)
    await record(api, "response_latency", "email", [900.0] * 100)
    body = (await api.client.get(PATHS[0], headers=STAFF)).json()
    web: dict[str, Any] = next(row for row in body["channels"] if row["channel"] == "web_form")
    assert web == {
        "channel": "web_form", "conversation_count": 2, "message_volume": 3, "average_sentiment": pytest.approx(0.4),
        "escalation_count": 25, "escalation_rate": pytest.approx(0.25),
        "average_latency_ms": pytest.approx(50.5), "p95_latency_ms": pytest.approx(95.05),
    }  # fmt: skip
    assert body["totals"]["escalation_rate"] == pytest.approx(0.125)
    assert body["totals"]["average_latency_ms"] == pytest.approx(475.25)


@pytest.mark.parametrize(("period", "count"), [("1h", 1), ("6h", 2), ("12h", 3), ("24h", 4), ("7d", 5)])
async def test_h7_a_period_ends_where_it_says(api: Served, period: str, count: int) -> None:
    for hours in (0.9, 5.9, 11.9, 23.9, 167.9, 168.1):
        await record(api, "conversation_count", "email", [1], hours_ago=hours)
    body = (await api.client.get(PATHS[0], params={"period": period}, headers=STAFF)).json()
    assert (body["period"], body["totals"]["conversation_count"]) == (period, count)


@pytest.mark.parametrize("period", ["", "2h", "24H", "1 h", "7", "all", "24h' OR 1=1 --", "\0"])
async def test_h7_any_other_period_is_400(api: Served, period: str) -> None:
    response = await api.client.get(PATHS[0], params={"period": period}, headers=STAFF)
    assert response.status_code == 400
    assert response.json()["details"][0]["field"] == "period"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"}])
async def test_h7_needs_a_staff_key(api: Served, headers: dict[str, str]) -> None:
    response = await api.client.get(PATHS[0], headers=headers)
    assert (response.status_code, response.json()["error"]) == (401, "UNAUTHORIZED")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("loopback", "status"), [(True, 200), (False, 403)])
async def test_h11_without_a_key_only_a_loopback_server_answers(serve: Any, loopback: bool, status: int) -> None:
    async with serve(staff_api_key=None, bound_to_loopback=loopback) as api:
        assert (await api.client.get(PATHS[0])).status_code == status
        rebound = await api.client.get(PATHS[0], headers={"Host": "attacker.example"})
        assert rebound.status_code == 403
