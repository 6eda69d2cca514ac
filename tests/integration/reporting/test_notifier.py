"""Notifications reach a real server by Apprise once; failures are retried and show in health."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from db.operations import notifications
from db.pool import acquire
from deployments.reporting.notifier import MAX_ATTEMPTS, Notifier
from deployments.reporting.periodic_tasks import PeriodicTask, support_tasks
from deployments.rules.support_hours import ServiceLevels
from serve_app.settings.support import SLA_HOURS
from tests.fixtures.store import Store
from tests.integration.reporting.test_hand_overs import STAFF


@dataclass(slots=True)
class Room:
    """A chat room's webhook: the notifications it accepted, and how it answers."""

    url: str
    received: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    answers: threading.Event = field(default_factory=threading.Event)

    @property
    def messages(self) -> list[tuple[str, str]]:
        return [(one["title"], one["message"]) for one in self.received]


@contextmanager
def room() -> Iterator[Room]:
    """Serve a chat room on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            mine.answers.wait(240)
            if mine.status == 200:
                mine.received.append(json.loads(body))
            self.send_response(mine.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    mine = Room(f"json://127.0.0.1:{server.server_port}/hook")
    mine.answers.set()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield mine
    server.shutdown()
    server.server_close()


async def add_notification(store: Store, key: str, *, urgent: bool = False, due_in: timedelta = timedelta()) -> bool:
    async with acquire(store.pool) as connection:
        due_at = datetime.now(UTC) + due_in
        return await notifications.add(connection, key, f"About {key}.", due_at=due_at, urgent=urgent)


async def state_of(store: Store, key: str) -> str:
    state: str = await store.value("SELECT state FROM notifications WHERE key = $1", key)
    return state


def notifier(store: Store, *urls: str, ahead: timedelta = timedelta(), **options: float) -> Notifier:
    return Notifier(pool=store.pool, urls=urls, clock=lambda: datetime.now(UTC) + ahead, **options)


async def test_g14_a_notification_is_sent_once(store: Store) -> None:
    with room() as chat:
        assert await add_notification(store, "a")
        assert not await add_notification(store, "a")
        await add_notification(store, "later", due_in=timedelta(hours=1))
        sender = notifier(store, chat.url)
        await sender.run_once()
        await sender.run_once()
        assert chat.messages == [("Nightdesk", "About a.")]
        assert (await state_of(store, "a"), await state_of(store, "later")) == ("sent", "ready")
        assert sender.problem() is None
        assert not await add_notification(store, "a")
        await notifier(store, chat.url, ahead=timedelta(hours=2)).run_once()
        assert chat.messages[1:] == [("Nightdesk", "About later.")]


async def test_g14_notifications_due_together_are_one_message_but_urgent_ones(store: Store) -> None:
    with room() as chat:
        for key in ("a", "b", "c"):
            await add_notification(store, key)
        await add_notification(store, "fire", urgent=True)
        await notifier(store, chat.url).run_once()
        assert chat.messages == [
            ("Nightdesk: urgent", "About fire."),
            ("Nightdesk: 3 notifications", "- About a.\n- About b.\n- About c."),
        ]


async def test_g14_a_retry_leaves_out_addressees_that_were_reached(store: Store) -> None:
    with room() as chat, room() as broken:
        broken.status = 500
        await add_notification(store, "a")
        sender = notifier(store, chat.url, broken.url, first_retry_s=0.0)
        await sender.run_once()
        assert (len(chat.received), len(broken.received)) == (1, 0)
        assert sender.problem() == "notifications: 1 wait, 0 given up (JSON did not take it)"
        [row] = await store.rows("SELECT * FROM notifications")
        assert (row["state"], row["attempts"]) == ("ready", 1)
        assert not any(word in str(row) for word in ("127.0.0.1", "hook"))
        broken.status = 200
        await sender.run_once()
        assert (len(chat.received), len(broken.received), await state_of(store, "a")) == (1, 1, "sent")
        assert sender.problem() is None


async def test_g14_retries_back_off_and_end_after_a_day(store: Store) -> None:
    sender = notifier(store, "json://127.0.0.1:9/nobody", ahead=timedelta(days=3))
    await add_notification(store, "a")
    for attempts in (1, 2, 3):
        await store.execute("UPDATE notifications SET lease_until = NULL")
        await sender.run_once()
        pause = 30 * 2 ** (attempts - 1)
        waits = await store.value("SELECT extract(epoch FROM due_at - now()) FROM notifications")
        assert pause - 15 < waits <= pause
    await store.execute("UPDATE notifications SET attempts = $1", MAX_ATTEMPTS - 1)
    await sender.run_once()
    assert await state_of(store, "a") == "failed"
    assert sender.problem() == "notifications: 0 wait, 1 given up (JSON did not take it)"


async def test_g14_a_trial_finds_that_an_addressee_is_back_and_the_others_follow(store: Store) -> None:
    with room() as chat:
        chat.status = 500
        await add_notification(store, "a")
        await add_notification(store, "b")
        sender = notifier(store, chat.url, first_retry_s=3600.0, trial_every_s=0.0)
        await sender.run_once()
        await sender.run_once()
        assert await store.value("SELECT array_agg(attempts) FROM notifications") == [1, 1]  # a trial does not count
        assert sender.problem() == "notifications: 2 wait, 0 given up (JSON did not take it)"
        chat.status = 200
        await sender.run_once()
        await sender.run_once()
        assert [text for _, text in chat.messages] == ["About a.", "About b."]
        assert sender.problem() is None


async def test_g14_a_hanging_notification_times_out_and_is_retried(store: Store) -> None:
    with room() as chat:
        chat.answers.clear()
        await add_notification(store, "a")
        sender = notifier(store, chat.url, send_within_s=0.2)
        await sender.run_once()
        assert chat.received == []
        assert await state_of(store, "a") == "ready"
        chat.answers.set()
        await sender.close()


async def test_g14_the_notification_of_a_dead_notifier_is_sent_by_another(store: Store) -> None:
    with room() as chat:
        await add_notification(store, "a")
        async with acquire(store.pool) as connection:
            assert len(await notifications.lease_due(connection, now=datetime.now(UTC), limit=9, lease_s=60)) == 1
        await notifier(store, chat.url).run_once()
        assert chat.received == []
        await store.execute("UPDATE notifications SET lease_until = now()")
        await notifier(store, chat.url).run_once()
        assert len(chat.received) == 1


async def test_g14_nothing_is_queued_while_no_addressee_is_configured(store: Store) -> None:
    await add_notification(store, "a")
    await notifier(store).run_once()
    assert await state_of(store, "a") == "unsent"
    with room() as chat:
        await notifier(store, chat.url).run_once()
        assert chat.received == []


async def test_g14_an_address_that_apprise_does_not_know_shows_in_health_and_the_others_work(store: Store) -> None:
    with room() as chat:
        await add_notification(store, "a")
        sender = notifier(store, chat.url, "carrierpigeon://loft")
        await sender.run_once()
        assert len(chat.received) == 1
        assert sender.problem() == "NOTIFY_URLS: no. 2 is no address that Apprise knows"


async def test_g14_the_reporting_node_announces_a_hand_over_by_itself(store: Store) -> None:
    with room() as chat:
        await store.pipeline().handle(await store.form("HANDOVER please, my name is Ann Lee"))
        tasks = {task.name: task for task in made(store, chat.url)}
        await tasks["hand-overs"].work()
        await store.execute("UPDATE notifications SET due_at = now()")  # whatever day it is
        await tasks["notifier"].work()
        [(title, text)] = chat.messages
        assert (title, text.split(" (")[0]) == ("Nightdesk", "New hand-over: TKT-0001")
        assert "ann" not in str(chat.received).lower()
        assert not any(task.problem() for task in tasks.values())


async def test_g14_a_hand_over_already_taken_is_not_announced(store: Store) -> None:
    with room() as chat:
        await store.pipeline().handle(await store.form("HANDOVER please"))
        tasks = {task.name: task for task in made(store, chat.url)}
        await tasks["hand-overs"].work()
        await store.execute("UPDATE hand_overs SET taken_at = now()")
        await store.execute("UPDATE notifications SET due_at = now()")
        await tasks["notifier"].work()
        assert chat.received == []
        assert await store.value("SELECT state FROM notifications") == "withdrawn"


def made(store: Store, *urls: str) -> tuple[PeriodicTask, ...]:
    return support_tasks(
        pool=store.pool,
        levels=ServiceLevels.parse("Mon-Fri 08:00-20:00", "UTC", SLA_HOURS),
        notify_urls=urls,
        staff_url=STAFF,
        resolve_after=timedelta(hours=72),
        close_after=timedelta(hours=168),
    )
