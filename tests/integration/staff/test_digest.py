"""M2, H10: the digest of a day; the customers' marks (CSAT); the morning's announcement."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from deployments.reporting.morning import Morning
from serve_app.api.public.status_link import status_token
from serve_app.cli.digest import lines
from tests.fixtures.office import Office
from tests.fixtures.waiting import await_room
from tests.integration.api.serving import SECRET, arguments, running


@pytest.fixture(autouse=True)
def _one_day() -> None:
    """No test sees midnight."""
    await_room(86_400, room_s=150)


async def digest(http: httpx.AsyncClient, **asked: str) -> dict[str, Any]:
    """The digest; of today (UTC) unless asked otherwise."""
    answer = await http.get("/metrics/digest", params={"day": f"{datetime.now(UTC):%Y-%m-%d}"} | asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def a_day(office: Office) -> None:
    """Five conversations on two channels, two of them handed over, one of these answered by a person."""
    for text in ("How do I export a board?", "How do I export a list?", "HANDOVER please", "HANDOVER at once"):
        await office.form(text)
    await office.pipeline().handle(await office.chat("How do I export boards?", sid="SM1"))
    [first, *_] = await office.store.rows("SELECT id FROM conversations WHERE owner = 'staff' ORDER BY created_at")
    await office.replies.reply(first["id"], by="ann", text="This is Ann.")


async def test_m2_the_figures_are_those_of_the_channels_for_the_same_window(
    office: Office, http: httpx.AsyncClient
) -> None:
    await a_day(office)
    found = (await digest(http))["digest"]
    report = (await http.get("/metrics/channels", params={"period": "24h"})).json()
    assert found["totals"]["figures"] == report["totals"]
    assert [{"channel": each["channel"], **each["figures"]} for each in found["channels"]] == report["channels"]
    assert report["totals"]["conversation_count"] == 5
    for counts in (found["totals"], *found["channels"]):
        assert sum(counts["escalations"].values()) == counts["figures"]["escalation_count"]
    assert found["totals"]["escalations"] == {"human_request": 2}
    first = found["totals"]["first_answer"]
    assert (first["tickets"], first["answered"]) == (5, 4)
    assert 0 < first["p50_s"] <= first["p90_s"] <= first["p95_s"]
    yesterday = await digest(http, day=f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}")
    assert yesterday["digest"]["totals"]["figures"]["message_volume"] == 0
    days = await digest(http, day=yesterday["digest"]["first_day"], until=found["first_day"])
    assert days["digest"]["totals"]["figures"] == report["totals"]
    assert lines(days)[0].startswith(f"{yesterday['digest']['first_day']} to {found['first_day']}")
    assert [issue["questions"] for issue in found["issues"]] == [3, 2]
    assert "export" in found["issues"][0]["words"]


async def test_m2_giving_up_and_reopening_are_no_resolution(office: Office, http: httpx.AsyncClient) -> None:
    await a_day(office)
    store = office.store
    tickets = await store.rows("SELECT id, number, status FROM tickets ORDER BY number")
    answered, reopened, by_person, given_up, closed = (row["id"] for row in tickets)
    # The person's conversation, the other hand-over given back without a word, and what nobody resolved.
    await store.execute("UPDATE tickets SET status = 'waiting' WHERE id = ANY ($1)", [by_person, given_up])
    await store.execute("UPDATE tickets SET status = 'closed', moved_by = 'staff' WHERE id = $1", closed)
    await store.execute(
        "UPDATE tickets SET status = 'resolved' WHERE id = ANY ($1)", [answered, reopened, by_person, given_up]
    )
    assert (await digest(http))["digest"]["totals"]["resolution"] == {
        "durable": 0, "reopened": 0, "pending": 3, "given_up": 2, "rate": 0.0,
    }  # fmt: skip
    for table, column in (("ticket_history", "at"), ("messages", "created_at"), ("tickets", "created_at")):
        await store.execute(f"UPDATE {table} SET {column} = {column} - interval '73 hours'")
    await store.execute("UPDATE tickets SET status = 'open', moved_by = 'customer' WHERE id = $1", reopened)
    day = f"{datetime.now(UTC) - timedelta(hours=73):%Y-%m-%d}"
    late = (await digest(http, day=day))["digest"]["totals"]["resolution"]
    assert late == {"durable": 3, "reopened": 0, "pending": 0, "given_up": 2, "rate": 0.6}
    await store.execute(
        "UPDATE ticket_history SET at = at - interval '2 hours' WHERE to_status = 'open' AND from_status = 'resolved'"
    )
    late = (await digest(http, day=day))["digest"]["totals"]["resolution"]
    assert late == {"durable": 2, "reopened": 1, "pending": 0, "given_up": 2, "rate": 0.4}


@pytest.mark.parametrize(
    "asked",
    [
        {"day": "2099-01-01"},
        {"day": "2026-01-02", "until": "2026-01-01"},
        {"day": "2020-01-01", "until": "2026-01-01"},
        {"day": "soon"},
    ],
)
async def test_h10_days_that_make_no_digest_are_400(http: httpx.AsyncClient, asked: dict[str, str]) -> None:
    answer = await http.get("/metrics/digest", params=asked)
    assert (answer.status_code, answer.json()["details"][0]["field"]) == (400, "day")


async def test_m2_each_morning_is_announced_once_and_names_no_customer(office: Office) -> None:
    await a_day(office)
    tomorrow = datetime.now(UTC) + timedelta(days=1)

    async def run(at: datetime) -> None:
        morning = Morning(
            pool=office.store.pool, zone=ZoneInfo("UTC"), at=time(7, 30), page_url="http://desk/staff/digest",
            embedding_model="minilm-l6-v2-int8-2", clock=lambda: at,
        )  # fmt: skip
        await morning.run_once()
        await morning.run_once()

    await run(tomorrow.replace(hour=7, minute=29))
    assert await office.store.value("SELECT count(*) FROM notifications WHERE key LIKE 'digest:%'") == 0
    await run(tomorrow.replace(hour=7, minute=31))
    await run(tomorrow.replace(hour=9, minute=0))
    [row] = await office.store.rows("SELECT body FROM notifications WHERE key LIKE 'digest:%'")
    body = row["body"]
    assert body.startswith("Yesterday: 11 messages in 5 new conversations, 2 handed over")
    assert body.endswith(f"http://desk/staff/digest?day={datetime.now(UTC):%Y-%m-%d}")
    assert "export" not in body


@pytest.mark.parametrize(
    ("good", "reopens", "status"), [(True, False, "resolved"), (False, False, "waiting"), (False, True, "escalated")]
)
async def test_m2_a_mark_is_counted_and_may_bring_a_person(
    office: Office, database_url: str, good: bool, reopens: bool, status: str
) -> None:
    await office.form("How do I export a board?")
    number = office.store.numbers[0]
    standard = arguments(database_url)
    support = standard.support.model_copy(update={"rating_reopens": reopens})
    async with running(standard.model_copy(update={"support": support})) as api:
        path, token = f"/api/v1/tickets/{number}/rating", status_token(SECRET, number)
        for wrong in ("", "guess"):
            assert (await api.client.post(path, params={"token": wrong}, json={"good": good})).status_code == 404
        bad = await api.client.post(path, params={"token": token}, json={"good": "maybe"})
        assert (bad.status_code, bad.json()["details"][0]["field"]) == (400, "good")
        marked = await api.client.post(path, params={"token": token}, json={"good": good})
        assert marked.json() == {"ticket_id": number, "good": good, "status": status}
        ticket = (await api.client.get(f"/api/v1/tickets/{number}", params={"token": token})).json()
        assert (ticket["rated_good"], ticket["status"]) == (good, status)
        again = await api.client.post(path, params={"token": token}, json={"good": True})
        assert again.status_code == (409 if status == "escalated" else 200)
    owner = await office.store.value("SELECT owner FROM conversations")
    assert owner == ("staff" if status == "escalated" else "agent")
    assert await office.store.value("SELECT count(*) FROM ticket_ratings") == 1
