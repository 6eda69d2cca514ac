"""G14: with AGENT_MODE=draft the team is notified of every draft, and again when it is due or overdue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from db.identity import privacy
from db.operations import notifications
from db.pool import acquire, transaction
from db.staff import conversations
from db.staff.conversations import Summary
from deployments.reporting.drafts import Drafts
from deployments.reporting.notifier import Notifier
from deployments.rules.support_hours import ServiceLevels
from serve_app.settings.support import SLA_HOURS
from tests.fixtures.store import Store
from tests.integration.reporting.test_hand_overs import (
    ALWAYS,
    STAFF,
    by_ann,
    closed_today,
    sent_notifications,
    tomorrow,
)
from tests.integration.reporting.test_notifier import made, notifier, room

QUESTION = "How do I export a board? My card is 4111 1111 1111 1111"
DUE, WARNED = timedelta(hours=8), timedelta(hours=6)
MOMENT = timedelta(minutes=1)


def draft_task(store: Store, hours: str = ALWAYS, *, ahead: timedelta = timedelta()) -> Drafts:
    """The periodic task, run `ahead` of now."""
    return Drafts(
        pool=store.pool,
        levels=ServiceLevels.parse(hours, "UTC", SLA_HOURS),
        staff_url=STAFF,
        clock=lambda: datetime.now(UTC) + ahead,
    )


async def drafted(store: Store, message: str = QUESTION, *, name: str = "ann") -> None:
    await store.pipeline(approval=True).handle(await store.form(message, email=f"{name}@example.com"))


async def draft_follow_up(store: Store, message: str = "And a card?") -> None:
    await store.pipeline(approval=True).handle(await store.reply(store.numbers[0], message))


async def sent_kinds(store: Store, hours: str = ALWAYS, *, ahead: timedelta = timedelta()) -> list[str]:
    """Run the task `ahead` of now; mark the due notifications as sent and return their kinds."""
    loop = draft_task(store, hours, ahead=ahead)
    await loop.run_once()
    async with acquire(store.pool) as connection:
        await notifications.withdraw_settled(connection)
        due = await notifications.lease_due(connection, now=datetime.now(UTC) + ahead, limit=100, lease_s=60)
        await notifications.mark_sent(connection, [one.key for one in due], reached=())
    return [one.key.partition(":")[0] for one in due]


async def listed(store: Store) -> Summary:
    async with acquire(store.pool) as connection:
        [work] = await conversations.list_work(connection, "drafts")
    return work


async def test_g14_a_draft_is_announced_once_without_the_customers_text(store: Store) -> None:
    await drafted(store)
    await draft_task(store).run_once()
    await draft_task(store).run_once()
    due_at = await store.value("SELECT due_at FROM draft_clocks")
    assert due_at == await store.value("SELECT created_at FROM outbox") + DUE
    [one] = await sent_notifications(store, by=MOMENT)
    assert one.body == (
        f"A draft waits for approval: TKT-0001 (web_form), medium, queue technical, due {due_at:%A %H:%M} UTC. "
        f"{STAFF}#drafts"
    )
    assert not one.urgent
    assert one.key == f"draft:{await store.value('SELECT id FROM outbox')}"


async def test_g14_an_answer_that_needs_no_approval_is_not_announced(store: Store) -> None:
    await store.pipeline().handle(await store.form("A question"))
    await store.pipeline(approval=True).handle(await store.form("HANDOVER please", email="bob@example.com"))
    assert await sent_kinds(store, ahead=timedelta(days=2)) == []
    assert await store.value("SELECT count(*) FROM draft_clocks") == 0


async def test_g14_drafts_outside_support_hours_are_announced_in_the_morning_as_one_message(store: Store) -> None:
    for name in ("ann", "bob"):
        await drafted(store, name=name)
    await draft_task(store, closed_today()).run_once()
    assert await sent_notifications(store, by=MOMENT) == []
    assert await store.value("SELECT min(due_at) FROM draft_clocks") == tomorrow() + DUE
    with room() as chat:
        await notifier(store, chat.url, ahead=tomorrow() - datetime.now(UTC) + MOMENT).run_once()
        [(title, text)] = chat.messages
    assert (title, text.count("A draft waits for approval")) == ("Nightdesk: 2 notifications", 2)


async def test_g14_an_unreviewed_draft_is_reminded_of_and_then_breached_once_each(store: Store) -> None:
    await drafted(store)
    assert await sent_kinds(store, ahead=MOMENT) == ["draft"]
    for ahead, expected in (
        (WARNED - MOMENT, []),
        (WARNED + MOMENT, ["draft_due_soon"]),
        (WARNED + 2 * MOMENT, []),
        (DUE + MOMENT, ["draft_overdue"]),
        (DUE + timedelta(days=60), []),
    ):
        assert await sent_kinds(store, ahead=ahead) == expected
    assert await store.value("SELECT warned_at < breached_at FROM draft_clocks")
    bodies = [row["body"] for row in await store.rows("SELECT body FROM notifications ORDER BY created_at")]
    assert [body.partition(":")[0] for body in bodies] == [
        "A draft waits for approval",
        "Nobody has looked at a draft",
        "Overdue, and nobody has looked at a draft",
    ]
    assert not any(word in str(bodies).lower() for word in ("ann", "lee", "export", "4111", "example.com"))


async def test_g14_an_overdue_draft_shows_in_health_and_in_the_list_until_approved(store: Store) -> None:
    await drafted(store)
    await draft_task(store).run_once()
    assert (await listed(store)).late is False
    await store.execute("UPDATE draft_clocks SET due_at = now()")
    loop = draft_task(store, ahead=MOMENT)
    await loop.run_once()
    assert loop.alert() == "overdue drafts: TKT-0001 (medium)"
    work = await listed(store)
    assert (work.late, work.due_at) == (True, await store.value("SELECT due_at FROM draft_clocks"))
    await by_ann(store, "approve", draft_id=None, text=None)
    await loop.run_once()
    assert loop.alert() is None
    async with acquire(store.pool) as connection:
        [done] = await conversations.list_work(connection, "agent")
    assert (done.late, done.due_at) == (None, None)


async def test_g14_health_names_the_first_of_many_overdue_drafts(store: Store) -> None:
    for n in range(5):
        await drafted(store, name=f"ann{n}")
    loop = draft_task(store, ahead=DUE + MOMENT)
    await loop.run_once()
    assert loop.alert() == "overdue drafts: TKT-0001 (medium), TKT-0002 (medium), TKT-0003 (medium) and more"


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("approve", {"draft_id": None, "text": None}),
        ("approve", {"draft_id": None, "text": "In my own words."}),
        ("reply", {"text": "Something else."}),
        ("take_over", {}),
        ("resolve", {}),
        ("close", {}),
    ],
)
async def test_g14_a_reviewed_draft_is_not_announced_again(
    store: Store, verb: str, arguments: dict[str, object]
) -> None:
    await drafted(store)
    await draft_task(store, closed_today()).run_once()
    await by_ann(store, verb, **arguments)
    assert await sent_kinds(store, closed_today(), ahead=tomorrow(60) - datetime.now(UTC)) == []
    assert [row["state"] for row in await store.rows("SELECT state FROM notifications")] == ["withdrawn"]


async def test_g14_a_draft_reviewed_after_a_failed_notification_is_not_announced_again(store: Store) -> None:
    await drafted(store)
    await draft_task(store).run_once()
    with room() as chat:
        chat.status = 500
        sender: Notifier = notifier(store, chat.url, ahead=MOMENT, first_retry_s=0.0)
        await sender.run_once()
        await by_ann(store, "approve", draft_id=None, text=None)
        chat.status = 200
        await sender.run_once()
        assert (chat.received, sender.problem()) == ([], None)


async def test_g14_a_draft_discarded_before_the_first_check_is_never_announced(store: Store) -> None:
    await drafted(store)
    await by_ann(store, "take_over")
    assert await sent_kinds(store, ahead=timedelta(days=2)) == []
    await by_ann(store, "release")
    await draft_follow_up(store)  # a new draft with its own due time
    assert await sent_kinds(store, ahead=MOMENT) == ["draft"]
    assert await store.value(
        "SELECT k.due_at = o.created_at + interval '8 hours' FROM draft_clocks k JOIN outbox o ON o.id = k.outbox_id"
    )


async def test_g14_a_newer_draft_is_announced_instead_and_keeps_the_first_due_time(store: Store) -> None:
    await drafted(store)
    await draft_task(store, closed_today()).run_once()
    await draft_follow_up(store)
    assert await sent_kinds(store, ahead=MOMENT) == ["draft"]
    old, new = await store.rows("SELECT id FROM outbox WHERE state = 'draft' ORDER BY id")
    states = {row["key"]: row["state"] for row in await store.rows("SELECT key, state FROM notifications")}
    assert states == {f"draft:{old['id']}": "withdrawn", f"draft:{new['id']}": "sent"}
    due_at = await store.value("SELECT due_at FROM draft_clocks WHERE outbox_id = $1", new["id"])
    assert due_at == await store.value("SELECT min(created_at) FROM outbox") + DUE
    assert await sent_kinds(store, ahead=WARNED + MOMENT) == ["draft_due_soon"]
    await draft_follow_up(store, "Are you there?")
    assert await sent_kinds(store, ahead=WARNED + 2 * MOMENT) == ["draft"]  # reminded of already
    assert await sent_kinds(store, ahead=DUE + MOMENT) == ["draft_overdue"]
    last = await store.value("SELECT max(id::text)::uuid FROM outbox")
    assert await store.value("SELECT count(*) FROM notifications WHERE key = $1", f"draft_overdue:{last}") == 1


async def test_g14_after_a_later_draft_was_sent_the_older_one_is_reminded_of(store: Store) -> None:
    await drafted(store)
    assert await sent_kinds(store, ahead=MOMENT) == ["draft"]
    await draft_follow_up(store)
    assert await sent_kinds(store, ahead=MOMENT) == ["draft"]
    later = await store.value("SELECT max(id::text)::uuid FROM outbox")
    await by_ann(store, "approve", draft_id=later, text=None)
    assert await sent_kinds(store, ahead=WARNED + MOMENT) == ["draft_due_soon"]


async def test_g14_a_draft_in_a_handed_over_conversation_is_not_announced(store: Store) -> None:
    await drafted(store)
    await draft_task(store, closed_today()).run_once()
    await draft_follow_up(store, "HANDOVER please")
    loop = draft_task(store, ahead=timedelta(days=2))
    assert await sent_kinds(store, ahead=timedelta(days=2)) == []
    await loop.run_once()
    assert loop.alert() is None
    await by_ann(store, "release")  # without having taken it: the draft counts again
    assert await sent_kinds(store, ahead=timedelta(days=2)) == ["draft_overdue"]


async def test_g14_a_critical_ticket_has_less_time_and_billing_its_own_hours(store: Store) -> None:
    await drafted(store)
    await store.execute("UPDATE tickets SET priority = 'critical', category = 'billing'")
    await draft_task(store, f"{ALWAYS}; billing {closed_today()}").run_once()
    [clock] = await store.rows("SELECT severity, queue, due_at FROM draft_clocks")
    assert clock == {"severity": "high", "queue": "billing", "due_at": tomorrow() + timedelta(hours=2)}


async def test_g14_the_reporting_node_announces_a_draft_by_itself(store: Store) -> None:
    with room() as chat:
        await drafted(store)
        tasks = {task.name: task for task in made(store, chat.url)}
        await tasks["drafts"].work()
        await store.execute("UPDATE notifications SET due_at = now()")  # whatever day it is
        await tasks["notifier"].work()
        [(title, text)] = chat.messages
        assert (title, text.split(" (")[0]) == ("Nightdesk", "A draft waits for approval: TKT-0001")
        assert [row["state"] for row in await store.rows("SELECT state FROM outbox")] == ["draft"]


async def test_t_s10_an_erasure_removes_the_draft_and_its_notifications(store: Store) -> None:
    await drafted(store)
    await draft_task(store, ahead=DUE + MOMENT).run_once()
    async with transaction(store.pool) as connection:
        assert await privacy.erase(connection, await store.value("SELECT id FROM customers"), by="ann")
    assert await store.value("SELECT (SELECT count(*) FROM notifications) + (SELECT count(*) FROM draft_clocks)") == 0


async def test_g14_drafts_older_than_the_clocks_get_a_due_time(store: Store) -> None:
    await drafted(store)
    await store.execute("UPDATE outbox SET created_at = now() - interval '3 days'")
    assert await sent_kinds(store, ahead=MOMENT) == ["draft", "draft_overdue"]
