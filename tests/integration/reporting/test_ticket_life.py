"""G15: the life of a ticket, as the database enforces it."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import asyncpg
import pytest

import db.pool
from db.ids import new_id
from db.intake import mailbox
from db.operations import dead_letters
from db.pool import acquire, transaction
from db.tickets import ratings, ticket_life
from db.turns import bare_turn
from deployments.channels.parking import park
from deployments.reporting.ticket_life import TicketLife
from deployments.staff.conversation_lock import ConversationStateError
from deployments.staff.desk import StaffDesk
from deployments.staff.replies import StaffReplies
from ingest.events import INCOMING, InboundMessage
from tests.fixtures.company import GUARD
from tests.fixtures.store import Store, Wakes
from tests.fixtures.ticket_states import STATUSES, empty, put_tickets
from tests.integration.whatsapp.test_channel_intake import accept, mail, message

LEGAL = {
    ("open", "processing"), ("open", "waiting"), ("open", "escalated"),
    ("processing", "waiting"), ("processing", "escalated"), ("processing", "resolved"), ("processing", "closed"),
    ("waiting", "open"), ("waiting", "processing"), ("waiting", "escalated"), ("waiting", "resolved"),
    ("waiting", "closed"),
    ("escalated", "open"), ("escalated", "processing"), ("escalated", "waiting"), ("escalated", "resolved"),
    ("escalated", "closed"),
    ("resolved", "open"), ("resolved", "processing"), ("resolved", "escalated"), ("resolved", "closed"),
}  # fmt: skip


async def status_of(store: Store) -> tuple[str, datetime | None]:
    [row] = await store.rows("SELECT status, resolved_at FROM tickets ORDER BY number LIMIT 1")
    return row["status"], row["resolved_at"]


async def transitions_of(store: Store, number: str) -> list[tuple[str | None, str, str, str | None]]:
    async with acquire(store.pool) as connection:
        past = await ticket_life.history(connection, number)
    return [(step.from_status, step.to_status, step.actor, step.staff_name) for step in past]


def life(store: Store, *, after: timedelta = timedelta(), batch: int = 500) -> TicketLife:
    """The periodic task `after` from now, with the limits of 72 hours and 7 days."""
    return TicketLife(
        pool=store.pool,
        resolve_after=timedelta(hours=72),
        close_after=timedelta(hours=168),
        clock=lambda: datetime.now(UTC) + after,
        batch=batch,
    )


async def refusal(store: Store, statement: str, *arguments: object) -> Exception | None:
    """Run the statement and return the error of the store."""
    try:
        await store.execute(statement, *arguments)
    except asyncpg.CheckViolationError as error:
        return ticket_life.transition_error(error)
    return None


async def test_g15_each_of_the_36_transitions_is_legal_or_refused_by_the_table(store: Store) -> None:
    await store.form("A question")
    await store.execute("UPDATE inbox SET state = 'answered'")
    async with acquire(store.pool) as connection:
        table = await ticket_life.legal_transitions(connection)
    assert set(table) == LEGAL
    for before, after in product(STATUSES, STATUSES):
        await put_tickets(store.pool, before)
        await store.execute("DELETE FROM ticket_history")
        refused = await refusal(store, "UPDATE tickets SET status = $1", after)
        if before == after or (before, after) in LEGAL:
            assert refused is None
        else:
            assert str(refused) == f"ticket TKT-0001 is {before}: it cannot become {after}"
            assert isinstance(refused, ticket_life.IllegalTransitionError)
        status, resolved_at = await status_of(store)
        went = before != after and (before, after) in LEGAL
        assert status == (after if went else before)
        assert (resolved_at is not None) == (status == "resolved" or (status == "closed" and before != "processing"
                and not (went and before in ("waiting", "escalated"))))  # fmt: skip
        past = await store.rows("SELECT from_status, to_status, actor FROM ticket_history")
        assert [tuple(row.values()) for row in past] == ([(before, after, table[before, after])] if went else [])  # type: ignore[index]


async def test_g15_an_unrelated_constraint_violation_is_no_illegal_transition(store: Store) -> None:
    await store.form("A question")
    refused = await refusal(store, "UPDATE tickets SET priority = 'hot'")
    assert isinstance(refused, asyncpg.CheckViolationError)


async def _form_reply(store: Store) -> None:
    if (await status_of(store))[0] != "closed":
        await store.reply(store.numbers[0], "One more thing, please")


async def _channel_message(store: Store) -> None:
    await accept(store, message("One more thing, please"))


async def _turn(store: Store) -> None:
    if (await status_of(store))[0] == "closed":
        return  # no message waits in a closed ticket: the tests below
    await store.execute("UPDATE inbox SET state = 'waiting', finished_at = NULL")
    await store.execute("DELETE FROM outbox")
    payload = await store.value("SELECT payload FROM inbox")
    await store.pipeline().handle(InboundMessage.model_validate(payload))


async def _bare_turn(store: Store) -> None:
    if (await status_of(store))[0] == "closed":
        return
    await store.execute("UPDATE inbox SET state = 'waiting', finished_at = NULL")
    inbox_id = await store.value("SELECT id FROM inbox")
    async with transaction(store.pool) as connection:
        assert await bare_turn.open_bare(connection, inbox_id, "tester") is not None


async def _held(store: Store) -> None:
    await store.execute("UPDATE conversations SET owner = 'staff', status = 'handed_over'")
    await _turn(store)


async def _hand_over(store: Store) -> None:
    await store.execute("UPDATE messages SET content = 'HANDOVER please' WHERE direction = 'inbound'")
    await _turn(store)


async def _park(store: Store) -> None:
    outbox_id = await store.value("SELECT id FROM outbox LIMIT 1")
    async with transaction(store.pool) as connection:
        await park(connection, outbox_id, "refused")


async def _gmail_take_over(store: Store) -> None:
    await store.execute("UPDATE conversations SET channel = 'email', thread_key = 't'")
    mine = mailbox.StaffMail(
        provider_message_id=new_id().hex,
        thread_key="t",
        sender_keys=("email:ann@example.com",),
        content="I take it.",
        attachments=(),
        rfc_message_id="<x@y>",
        sent_at=datetime.now(UTC),
    )
    async with acquire(store.pool) as connection:
        assert await mailbox.take_over(connection, mine) is not None


async def _ages(store: Store) -> None:
    await store.execute("UPDATE tickets SET status_since = now() - interval '30 days'")
    await life(store).run_once()


def _by_staff(verb: str, **arguments: object) -> Callable[[Store], Awaitable[None]]:
    async def act(store: Store) -> None:
        desk = StaffDesk(pool=store.pool, relay=Wakes())
        replies = StaffReplies(pool=store.pool, relay=Wakes(), links=str, guard=GUARD)
        conversation = await store.value("SELECT id FROM conversations")
        # A refused staff action changes nothing.
        with contextlib.suppress(ConversationStateError, asyncpg.CheckViolationError):
            await getattr(replies if verb in ("reply", "approve") else desk, verb)(conversation, by="ann", **arguments)

    return act


async def _release(store: Store) -> None:
    await store.execute("UPDATE conversations SET owner = 'staff', status = 'handed_over'")
    await _by_staff("release")(store)


async def _approve(store: Store) -> None:
    await store.execute("UPDATE outbox SET state = 'draft', message_id = NULL, metadata = '{\"sources\": []}'")
    await _by_staff("approve", draft_id=None, text=None)(store)


def _rated(*, good: bool) -> Callable[[Store], Awaitable[None]]:
    async def rate(store: Store) -> None:
        async with transaction(store.pool) as connection:
            await ratings.rate(connection, store.numbers[0], good=good, reopen=True)

    return rate


MOVING_ACTIONS: Mapping[str, tuple[Callable[[Store], Awaitable[None]], ...]] = {
    "intake/web_form": (_form_reply,),
    "intake/channels": (_channel_message,),
    "turns/open_turn": (_turn,),
    "turns/bare_turn": (_bare_turn,),
    "turns/end_turn": (_turn, _hand_over, _held),
    "outbound/outbox": (_park,),
    "intake/mailbox": (_gmail_take_over,),
    "tickets/ratings": (_rated(good=True), _rated(good=False)),
    "tickets/ticket_life": (_ages,),
    "staff/actions": (_by_staff("take_over"), _release, _by_staff("resolve"), _by_staff("close"), _approve),
}
"""The actions that move tickets, by the SQL file of their statement."""


STORE = Path(db.pool.__file__).parent


def test_g15_every_file_that_moves_tickets_is_covered() -> None:
    moving = re.compile(r"UPDATE tickets\b[^;]*?SET\s[^;]*?\bstatus\s*=", re.DOTALL)
    assert {
        path.relative_to(STORE).with_suffix("").as_posix()
        for path in STORE.glob("*/*.sql")
        # What measurement writes is written into scratch databases.
        if path.parent.name not in ("migrations", "measurement") and moving.search(path.read_text())
    } == set(MOVING_ACTIONS)


@pytest.mark.parametrize("file", MOVING_ACTIONS)
async def test_g15_every_statement_that_moves_tickets_makes_legal_transitions_only(store: Store, file: str) -> None:
    """From every state of the ticket; only staff actions may be refused, the others never."""
    for act, before in product(MOVING_ACTIONS[file], STATUSES):
        await empty(store.pool)
        store.numbers.clear()
        await store.pipeline().handle(await store.form("A question"))
        await put_tickets(store.pool, before)
        await store.execute("DELETE FROM ticket_history")
        await act(store)
        past = await store.rows("SELECT from_status, to_status FROM ticket_history WHERE from_status IS NOT NULL")
        taken = [(row["from_status"], row["to_status"]) for row in past]
        assert set(taken) <= LEGAL, (act, before)
        assert before != "closed" or not taken, (act, before)
        assert (await status_of(store))[0] == (taken[-1][1] if taken else before), (act, before)


async def test_g15_the_history_names_every_transition_and_its_actor(store: Store) -> None:
    pipeline = store.pipeline()
    await pipeline.handle(await store.form("A question"))
    await pipeline.handle(await store.reply("TKT-0001", "HANDOVER please"))
    await _by_staff("reply", text="It is me, Ann.")(store)
    await _by_staff("resolve")(store)
    assert await transitions_of(store, "TKT-0001") == [
        (None, "open", "customer", None),
        ("open", "processing", "agent", None),
        ("processing", "waiting", "agent", None),
        ("waiting", "open", "customer", None),
        ("open", "processing", "agent", None),
        ("processing", "escalated", "agent", None),
        ("escalated", "resolved", "staff", "ann"),
    ]
    assert await transitions_of(store, "TKT-9999") == []


async def test_g15_a_mail_sent_in_gmail_is_a_transition_by_staff(store: Store) -> None:
    await store.pipeline().handle(await store.form("A question"))
    await _gmail_take_over(store)
    assert (await transitions_of(store, "TKT-0001"))[-1] == ("waiting", "escalated", "staff", "Gmail")
    assert await store.value("SELECT taken_at IS NOT NULL FROM hand_overs")


async def test_g15_tickets_resolve_and_close_by_time_and_count_as_resolved_by_timeout(store: Store) -> None:
    await store.pipeline().handle(await store.form("A question"))
    await store.execute("UPDATE outbox SET state = 'sent'")
    assert await life(store, after=timedelta(hours=71)).run_once() == (0, 0)
    assert await life(store, after=timedelta(hours=73)).run_once() == (1, 0)
    status, resolved_at = await status_of(store)
    assert status == "resolved"
    assert resolved_at is not None
    assert await life(store, after=timedelta(hours=167)).run_once() == (0, 0)
    assert await life(store, after=timedelta(hours=169)).run_once() == (0, 1)
    assert await status_of(store) == ("closed", resolved_at)
    assert await store.value("SELECT status FROM conversations") == "closed"
    async with acquire(store.pool) as connection:
        ended = await ticket_life.resolution_counts(connection, since=datetime.now(UTC) - timedelta(hours=1))
    assert ended == ticket_life.ResolutionCounts(
        resolved_by_customer=0, resolved_by_staff=0, resolved_by_timeout=1, closed_unresolved=0, reopened=0
    )


async def test_g15_resolutions_are_counted_by_kind_and_not_when_reopened(store: Store) -> None:
    pipeline = store.pipeline()
    for n in range(5):
        await pipeline.handle(await store.form("A question", email=f"c{n}@example.com"))
    for number, mover in (("TKT-0001", "customer"), ("TKT-0002", "staff"), ("TKT-0003", None), ("TKT-0004", "staff")):
        moved = "UPDATE tickets SET status = 'resolved', moved_by = $2 WHERE number = $1"
        await store.execute(moved, number, mover)
    await store.reply("TKT-0004", "It is back")
    await store.execute("UPDATE tickets SET status = 'closed' WHERE number IN ('TKT-0002', 'TKT-0005')")
    async with acquire(store.pool) as connection:
        ended = await ticket_life.resolution_counts(connection, since=datetime.now(UTC) - timedelta(hours=1))
    assert ended == ticket_life.ResolutionCounts(
        resolved_by_customer=1, resolved_by_staff=1, resolved_by_timeout=1, closed_unresolved=1, reopened=1
    )


@pytest.mark.parametrize(
    "left",
    [
        "UPDATE inbox SET state = 'waiting'",
        "UPDATE outbox SET state = 'ready'",
        "UPDATE outbox SET state = 'unknown'",
        "UPDATE outbox SET state = 'parked'",
        "UPDATE conversations SET owner = 'staff'",
    ],
)
async def test_g15_a_ticket_with_pending_work_does_not_end_by_itself(store: Store, left: str) -> None:
    await store.pipeline().handle(await store.form("A question"))
    await store.execute("UPDATE outbox SET state = 'sent'")
    await store.execute(left)
    assert await life(store, after=timedelta(days=30)).run_once() == (0, 0)
    await store.execute("UPDATE tickets SET status = 'resolved'")
    owned = "conversations" in left  # a resolution by staff closes like any other
    assert await life(store, after=timedelta(days=30)).run_once() == (0, int(owned))


async def test_g15_a_hand_over_never_ends_by_itself(store: Store) -> None:
    await store.pipeline().handle(await store.form("HANDOVER please"))
    await store.execute("UPDATE outbox SET state = 'sent'")
    assert await life(store, after=timedelta(days=300)).run_once() == (0, 0)


async def test_g15_tickets_end_in_batches_and_two_loops_do_not_collide(store: Store) -> None:
    await store.form("A question")
    await store.execute("UPDATE inbox SET state = 'answered'")
    await store.execute(
        """WITH c AS (INSERT INTO conversations (id, customer_id, channel, sender_key)
                      SELECT gen_random_uuid(), customer_id, 'web_form', 'x' FROM tickets, generate_series(1, 20)
                      RETURNING id, customer_id)
           INSERT INTO tickets (id, customer_id, conversation_id, source_channel)
           SELECT gen_random_uuid(), customer_id, id, 'web_form' FROM c"""
    )
    await put_tickets(store.pool, "waiting")
    loops = [life(store, after=timedelta(days=30), batch=4) for _ in range(3)]
    done = await asyncio.gather(*(loop.run_once() for loop in loops))
    assert sum(resolved for resolved, _ in done) == 21
    assert await store.value("SELECT count(*) FROM ticket_history WHERE to_status = 'resolved'") == 21


async def test_g15_a_message_that_waits_keeps_its_ticket_open(store: Store) -> None:
    await store.pipeline().handle(await store.form("HANDOVER please"))
    await store.reply("TKT-0001", "Are you there?")
    with pytest.raises(asyncpg.CheckViolationError, match="TKT-0001 cannot close: a message of the customer's waits"):
        await store.execute("UPDATE tickets SET status = 'closed'")
    await store.execute("UPDATE inbox SET state = 'held'")
    await store.execute("UPDATE tickets SET status = 'closed'")


async def test_g15_a_message_during_the_closing_reopens_the_ticket_or_opens_a_new_one(store: Store) -> None:
    """The message comes first and reopens the ticket, or the closing does and it opens a new one; it always waits."""
    for _ in range(20):
        await empty(store.pool)
        await accept(store, message("A question"))
        await store.execute("UPDATE inbox SET state = 'answered', finished_at = now()")
        await put_tickets(store.pool, "resolved")
        loop = life(store, after=timedelta(days=30))
        (_, closed), further = await asyncio.gather(loop.run_once(), accept(store, message("One more thing")))
        mine = (
            "SELECT t.status, c.status AS conversation FROM tickets t JOIN conversations c ON c.id = t.conversation_id"
        )
        [now] = await store.rows(mine + " WHERE t.id = $1", further.ticket_id)
        assert now == {"status": "open", "conversation": "open"}
        assert further.joined == (closed == 0)


async def test_g15_a_message_after_closing_opens_a_new_ticket_on_whatsapp_and_mail(store: Store) -> None:
    for new in (message, mail):
        await empty(store.pool)
        first = await accept(store, new("A question"))
        await store.execute("UPDATE inbox SET state = 'answered'")
        await put_tickets(store.pool, "resolved")
        assert await life(store, after=timedelta(days=8)).run_once() == (0, 1)
        second = await accept(store, new("It is back"))
        assert (second.joined, second.ticket_id == first.ticket_id) == (False, False)
        assert (await accept(store, new("Hello?"))).ticket_id == second.ticket_id


async def test_g15_a_dead_letter_of_a_closed_ticket_stays_dead(store: Store) -> None:
    await store.pipeline(retry_s=(0.01,) * 4).handle(await store.form("BROKEN, please"))
    letter = await store.value("SELECT id FROM dead_letters")
    await put_tickets(store.pool, "closed")
    with pytest.raises(dead_letters.TicketClosedError):
        async with transaction(store.pool) as connection:
            await dead_letters.replay(connection, letter, by="ann", wake_on=INCOMING)
    await put_tickets(store.pool, "escalated")
    async with transaction(store.pool) as connection:
        assert (await dead_letters.replay(connection, letter, by="ann", wake_on=INCOMING)).state == "replayed"
