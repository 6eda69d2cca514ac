"""G14: every hand-over has a due time; the team is notified of it, and again when it is due or overdue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from db.operations import notifications
from db.operations.notifications import Notification
from db.pool import acquire, transaction
from db.tickets import hand_overs
from deployments.channels.parking import park
from deployments.reporting.alerts import UnknownFateReplies
from deployments.reporting.collector import AlertRules, Collector
from deployments.reporting.hand_overs import HandOvers
from deployments.rules.support_hours import ServiceLevels
from deployments.staff.desk import StaffDesk
from deployments.staff.replies import StaffReplies
from serve_app.settings.support import SLA_HOURS
from tests.fixtures.company import GUARD
from tests.fixtures.store import Store, Wakes

STAFF = "http://127.0.0.1:8000/staff"
ALWAYS = "Mon-Sun 00:00-24:00"


def tomorrow(days: int = 1) -> datetime:
    return datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=days)


def closed_today() -> str:
    """Hours that begin tomorrow morning."""
    return f"{tomorrow():%a} 08:00-20:00"


def hand_over_task(store: Store, hours: str = ALWAYS, *, ahead: timedelta = timedelta()) -> HandOvers:
    """The periodic task, run `ahead` of now."""
    return HandOvers(
        pool=store.pool,
        levels=ServiceLevels.parse(hours, "UTC", SLA_HOURS),
        staff_url=STAFF,
        clock=lambda: datetime.now(UTC) + ahead,
    )


async def handed_over(store: Store, severity: str = "high", *, name: str = "ann") -> None:
    await store.pipeline().handle(await store.form("HANDOVER please", email=f"{name}@example.com"))
    number = store.numbers[-1]
    await store.execute(
        """UPDATE hand_overs h SET severity = $2, queue = 'technical' FROM tickets t
           WHERE t.id = h.ticket_id AND t.number = $1""",
        number,
        severity,
    )


async def sent_notifications(store: Store, *, by: timedelta = timedelta()) -> list[Notification]:
    async with acquire(store.pool) as connection:
        return await notifications.lease_due(connection, now=datetime.now(UTC) + by, limit=100, lease_s=60)


async def by_ann(store: Store, verb: str, **arguments: object) -> None:
    conversation = await store.value("SELECT id FROM conversations ORDER BY created_at LIMIT 1")
    desk = StaffDesk(pool=store.pool, relay=Wakes())
    replies = StaffReplies(pool=store.pool, relay=Wakes(), links=str, guard=GUARD)
    await getattr(replies if verb in ("reply", "approve") else desk, verb)(conversation, by="ann", **arguments)


async def test_g14_a_hand_over_gets_a_due_time_and_is_announced_without_the_customers_text(store: Store) -> None:
    await handed_over(store)
    await hand_over_task(store).run_once()
    await hand_over_task(store).run_once()
    async with acquire(store.pool) as connection:
        [one] = await hand_overs.of_ticket(connection, "TKT-0001")
    assert one.due_at == one.started_at + timedelta(hours=2)
    assert one.taken_at is None
    [notification] = await sent_notifications(store)
    due = f"{one.due_at:%A %H:%M} UTC"
    assert notification.body == (
        f"New hand-over: TKT-0001 (web_form), high, queue technical, reason human_request, due {due}. {STAFF}"
    )
    assert not notification.urgent


async def test_g14_critical_hand_overs_are_announced_at_once_others_in_support_hours(store: Store) -> None:
    for severity in ("critical", "high", "low"):
        await handed_over(store, severity, name=severity)
    await hand_over_task(store, closed_today()).run_once()
    assert [
        (notification.urgent, "critical" in notification.body) for notification in await sent_notifications(store)
    ] == [(True, True)]
    at_eight = await sent_notifications(store, by=tomorrow() - datetime.now(UTC) + timedelta(seconds=1))
    assert sorted("high" in notification.body for notification in at_eight) == [False, True]


async def test_g14_low_severities_are_announced_as_a_list_the_next_morning(store: Store) -> None:
    await handed_over(store, "low")
    await hand_over_task(store).run_once()
    assert await sent_notifications(store) == []
    midnight = tomorrow().replace(hour=0) - datetime.now(UTC)
    assert len(await sent_notifications(store, by=midnight + timedelta(seconds=1))) == 1


async def test_g14_an_untaken_hand_over_is_warned_of_and_then_breached_once_each(store: Store) -> None:
    await handed_over(store)
    await hand_over_task(store).run_once()
    await sent_notifications(store)
    for minutes, expected in (
        (89, None),
        (91, "Nobody has taken: "),
        (92, None),
        (121, "Overdue, and nobody"),
        (150, None),
    ):
        loop = hand_over_task(store, ahead=timedelta(minutes=minutes))
        await loop.run_once()
        notification = await sent_notifications(store, by=timedelta(minutes=minutes))
        assert [one.body.startswith(str(expected)) for one in notification] == ([] if expected is None else [True])
        assert loop.alert() == (None if minutes < 120 else "overdue hand-overs: TKT-0001 (high)")
    assert await store.value("SELECT warned_at < breached_at FROM hand_overs")


@pytest.mark.parametrize(("verb", "arguments"), [("take_over", {}), ("reply", {"text": "It is me."}), ("release", {})])
async def test_g14_a_take_over_stops_the_clock(store: Store, verb: str, arguments: dict[str, str]) -> None:
    await handed_over(store)
    await hand_over_task(store).run_once()
    await by_ann(store, verb, **arguments)
    [row] = await store.rows("SELECT taken_at IS NOT NULL AS taken, taken_by FROM hand_overs")
    assert row == {"taken": True, "taken_by": "ann"}
    loop = hand_over_task(store, ahead=timedelta(days=3))
    await loop.run_once()
    assert loop.alert() is None
    assert len(await sent_notifications(store)) == 1  # the announcement alone


async def test_g14_a_take_over_before_the_agent_is_taken_from_the_first(store: Store) -> None:
    await store.pipeline().handle(await store.form("A question"))
    await by_ann(store, "take_over")
    [row] = await store.rows("SELECT taken_at IS NOT NULL AS taken, taken_by, ended_at FROM hand_overs")
    assert row == {"taken": True, "taken_by": "ann", "ended_at": None}
    await hand_over_task(store).run_once()
    assert await sent_notifications(store) == []


async def test_g14_a_second_hand_over_has_a_clock_of_its_own(store: Store) -> None:
    await handed_over(store)
    await hand_over_task(store).run_once()
    await by_ann(store, "reply", text="It is me.")
    await by_ann(store, "release")
    await store.pipeline().handle(await store.reply("TKT-0001", "HANDOVER again"))
    await hand_over_task(store).run_once()
    rows = await store.rows("SELECT taken_at, due_at, ended_at FROM hand_overs ORDER BY started_at")
    assert [(row["taken_at"] is None, row["due_at"] is None, row["ended_at"] is None) for row in rows] == [
        (False, False, False),
        (True, False, True),
    ]
    assert len(await sent_notifications(store)) == 2


async def test_t_f3_a_reply_of_unknown_outcome_is_announced_once(store: Store) -> None:
    await store.pipeline().handle(await store.form("A question"))
    await store.execute("UPDATE outbox SET state = 'unknown'")
    assert await UnknownFateReplies(pool=store.pool, staff_url=STAFF).run_once() == 0
    later = UnknownFateReplies(
        pool=store.pool, staff_url=STAFF, clock=lambda: datetime.now(UTC) + timedelta(minutes=11)
    )
    assert [await later.run_once(), await later.run_once()] == [1, 0]
    [notification] = await sent_notifications(store, by=timedelta(minutes=12))
    assert notification.body.startswith(
        "Nobody can say whether a reply in TKT-0001 (web_form) was sent: its provider has not"
    )


async def test_g14_an_undeliverable_reply_on_a_closed_ticket_is_announced_once(store: Store) -> None:
    await handed_over(store)
    await by_ann(store, "reply", text="Good-bye.")
    await by_ann(store, "close")
    reply_id = await store.value("SELECT id FROM outbox WHERE author = 'staff'")
    async with transaction(store.pool) as connection:
        assert not await park(connection, reply_id, "550 no such mailbox")
    monitor = UnknownFateReplies(pool=store.pool, staff_url=STAFF)
    assert [await monitor.run_once(), await monitor.run_once()] == [1, 0]
    assert [
        notification.body
        for notification in await sent_notifications(store)
        if notification.key == f"parked:{reply_id}"
    ] == [
        f"A reply in TKT-0001 (web_form) could not be delivered, and its ticket is closed: nobody else tells. {STAFF}"
    ]


async def test_m1_an_alert_is_announced_once_while_it_lasts_and_again_much_later(store: Store) -> None:
    await handed_over(store)
    collector = Collector(pool=store.pool, rules=AlertRules(min_turns=1))
    for expected in (1, 0):
        await collector.run_once()
        notification = await sent_notifications(store)
        assert [one.body for one in notification] == ["Alert: escalation rate 100% is above 25%"] * expected
        async with acquire(store.pool) as connection:
            await notifications.mark_sent(connection, [one.key for one in notification], reached=())
    await store.execute("UPDATE notifications SET created_at = now() - interval '7 hours'")
    await collector.run_once()
    assert len(await sent_notifications(store)) == 1
