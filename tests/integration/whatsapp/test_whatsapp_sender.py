"""R2, R8, T-F2, T-F3: replies on their way to Twilio. The stand-in's journal says what a customer would have seen."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any

import pytest

from db.outbound import outbox
from db.pool import acquire, transaction
from deployments.channels.whatsapp.delivery_status import PartKey, record_status
from deployments.channels.whatsapp.twilio_client import Twilio
from deployments.rules.formatting import utf16_length
from evaluation.providers.control_client import ControlClient
from evaluation.providers.journal import Entry
from evaluation.providers.twilio import DEMO_TEMPLATE, TwilioOptions
from ingest.whatsapp.status import StatusUpdate
from tests.fixtures.ports import deaf_port
from tests.fixtures.waiting import PATIENCE_S, eventually
from tests.fixtures.whatsapp_channel import BOB, EVE, Line, Store, opened_line, twilio_args

pytestmark = pytest.mark.timeout(1200)
both_sizes = pytest.mark.parametrize("count", [20, pytest.param(200, marks=pytest.mark.full)])


def sent_to(line: Line, number: str = EVE) -> list[Entry]:
    return [entry for entry in line.accepted() if entry.to == (f"whatsapp:{number}",)]


def bodies(line: Line, number: str = EVE) -> list[str]:
    return [entry.body for entry in sent_to(line, number)]


async def store_staff_reply(line: Line, text: str, number: str = EVE) -> None:
    """Store a staff reply in the outbox of the number's conversation."""
    await line.store.execute(
        "WITH m AS (INSERT INTO messages"
        " (id, conversation_id, ticket_id, customer_id, direction, author, channel, content)"
        " SELECT gen_random_uuid(), t.conversation_id, t.id, t.customer_id, 'outbound', 'staff', 'whatsapp', $2"
        " FROM tickets t JOIN conversations c ON c.id = t.conversation_id WHERE c.sender_key = 'whatsapp:' || $1"
        " ORDER BY t.created_at DESC LIMIT 1 RETURNING id, conversation_id, ticket_id)"
        " INSERT INTO outbox (id, conversation_id, ticket_id, message_id, author, channel, recipient, body)"
        " SELECT uuidv7(), conversation_id, ticket_id, id, 'staff', 'whatsapp', $1, $2 FROM m",
        number, text,
    )  # fmt: skip


async def window_closed(line: Line) -> None:
    """Move the customer's last message back by 24 hours and a minute, in Twilio's stand-in and in the store."""
    await line.store.execute("UPDATE inbox SET received_at = now() - interval '24 hours 1 minute'")
    line.control.set_number(EVE, window_open=False)


async def test_r8_inside_the_window_the_reply_is_sent_as_free_text(line: Line) -> None:
    await line.answered("How do I export a board?")
    await line.deliver()
    await line.all_in("sent")
    [entry] = line.accepted()
    assert entry.body == "About: How do I export a board?"
    assert (entry.to, entry.sender) == ((f"whatsapp:{EVE}",), "whatsapp:+14155238886")
    [row] = await line.store.rows("SELECT delivery_status, provider_message_id FROM messages WHERE author = 'agent'")
    assert row["provider_message_id"] == entry.message_id


async def test_r8_a_number_is_answered_as_twilio_spelled_it(line: Line) -> None:
    """A Mexican mobile: the identifier is one, the address keeps the old spelling."""
    await line.answered("Hola", number="+5215512345678")
    await line.deliver()
    await line.all_in("sent")
    assert await line.store.value("SELECT recipient FROM outbox") == "+525512345678"
    assert [entry.to for entry in line.accepted()] == [("whatsapp:+5215512345678",)]
    assert await line.store.violations(within_s=60) == {}


async def test_r2_a_long_text_is_sent_in_parts_in_order(line: Line) -> None:
    await line.answered("Hello")
    text = "".join(f"This is sentence number {n} 😀 of a long story. " for n in range(120))
    await store_staff_reply(line, text)
    await line.deliver()
    await line.all_in("sent")
    pieces = bodies(line)[1:]
    assert len(pieces) == 4
    assert all(utf16_length(piece) <= 1600 and piece.endswith(".") for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


async def test_r8_outside_the_window_the_template_carries_the_text(line: Line) -> None:
    await line.answered("Hello")
    await window_closed(line)
    await line.store.execute("UPDATE outbox SET body = E'First line.\n\nSecond   line.'")
    await line.deliver()
    await line.all_in("sent")
    [entry] = line.accepted()
    assert entry.details["template"] == DEMO_TEMPLATE
    assert entry.body == "Hello Customer, we have news: First line. Second line."


async def test_r8_outside_the_window_a_long_text_takes_several_templates(line: Line) -> None:
    await line.answered("Hello")
    await window_closed(line)
    await line.store.execute("UPDATE outbox SET body = $1", "A sentence of forty-one characters, or so. " * 60)
    await line.deliver()
    await line.all_in("sent")
    assert len(line.accepted()) == 3
    assert sum(entry.body.count("forty-one") for entry in line.accepted()) == 60


async def test_r8_outside_the_window_without_a_template_the_reply_is_parked(
    listener: socket.socket, control: ControlClient, store: Store, database_url: str
) -> None:
    async with opened_line(
        listener, control, store, database_url, twilio=twilio_args(control, template_sid=None)
    ) as line:
        await line.answered("Hello")
        await window_closed(line)
        await line.deliver()
        await line.all_in("parked")
        assert line.accepted() == []
        [row] = await store.rows("SELECT status, owner FROM conversations")
        assert row == {"status": "handed_over", "owner": "staff"}
        [ticket] = await store.rows("SELECT status, escalation_reason, summary FROM tickets")
        assert (ticket["status"], ticket["escalation_reason"]) == ("escalated", "undeliverable")
        assert "24-hour window" in ticket["summary"]
        [event] = await store.rows("SELECT value FROM events WHERE topic = 'fte.escalations'")
        assert event["value"]["reason"] == "undeliverable"


async def test_63016_by_callback_sends_the_template(line: Line) -> None:
    """Twilio's clock decides: the store took the window for open."""
    await line.answered("Hello")
    line.control.set_number(EVE, window_open=False)
    await line.deliver()
    await line.wait_for(2, kind="whatsapp_accepted")
    await line.wait_for(6, kind="status_callback")
    await line.all_in("sent")
    first, second = line.accepted()
    assert (first.details["template"], second.details["template"]) == (None, DEMO_TEMPLATE)
    [part] = await line.store.rows("SELECT refs, provider_ref, status FROM outbox_parts")
    assert part == {"refs": [first.message_id], "provider_ref": second.message_id, "status": "read"}
    # A late callback of the first attempt means nothing any more.
    await line.hurry()
    assert len(line.accepted()) == 2


async def test_a_callback_before_the_reply_is_marked_as_sent_makes_it_due_again(line: Line) -> None:
    await line.answered("Hello")
    node = await line.deliver()
    await line.wait_for(3, kind="status_callback")
    await line.all_in("sent")
    await node.close(drain_s=2)
    line.deliveries.remove(node)
    # As the callback finds it when it is quicker than the sender's own record.
    await line.store.execute("UPDATE outbox SET state = 'sending', lease_until = now() + interval '1 hour'")
    await line.store.execute("UPDATE outbox_parts SET status = NULL")
    [part] = await line.store.rows("SELECT outbox_id, n, provider_ref FROM outbox_parts")
    key = PartKey(outbox_id=part["outbox_id"], n=part["n"])
    refused = StatusUpdate(
        provider_message_id=part["provider_ref"],
        status="undelivered",
        error_code=63018,
        error_message="",
        address=f"whatsapp:{EVE}",
    )
    async with transaction(line.store.pool) as connection:
        assert await record_status(connection, key, refused, has_template=True)
    async with acquire(line.store.pool) as connection:
        await outbox.mark_sent(connection, [(part["outbox_id"], part["provider_ref"])])
    assert await line.store.rows("SELECT state, lease_until FROM outbox") == [{"state": "ready", "lease_until": None}]
    assert await line.store.value("SELECT delivery_status FROM messages WHERE author = 'agent'") == "pending"


async def test_63016_at_once_sends_the_template(line: Line) -> None:
    await line.answered("How do I export a board?")
    line.control.fault("messages.create", "refused", code=63016)
    await line.deliver()
    await line.all_in("sent")
    [entry] = line.accepted()
    assert entry.details["template"] == DEMO_TEMPLATE
    assert "About: How do I export a board?" in entry.body
    assert await line.store.value("SELECT bool_and(as_template) FROM outbox_parts")


async def test_63016_at_once_without_a_template_parks_the_reply(
    listener: socket.socket, control: ControlClient, store: Store, database_url: str
) -> None:
    twilio = twilio_args(control, template_sid=None)
    async with opened_line(listener, control, store, database_url, twilio=twilio) as line:
        await line.answered("How do I export a board?")
        control.fault("messages.create", "refused", code=63016)
        await line.deliver()
        await line.all_in("parked")
        assert line.accepted() == []
        assert await store.value("SELECT escalation_reason FROM tickets") == "undeliverable"


async def test_63016_of_the_template_itself_parks_the_reply(line: Line) -> None:
    await line.answered("How do I export a board?")
    line.control.fault("messages.create", "refused", code=63016, times=2)
    await line.deliver()
    await line.all_in("parked")
    assert line.accepted() == []


async def test_63018_is_sent_again_later(line: Line) -> None:
    await line.answered("Hello")
    line.control.fault("messages.create", "undelivered", code=63018)
    await line.deliver()
    await line.wait_for(1, kind="whatsapp_status")

    async def put_off() -> bool:
        return bool(
            await line.store.value("SELECT state = 'ready' AND next_attempt_at > now() + interval '20 s' FROM outbox")
        )

    await eventually(put_off)
    await line.hurry()
    await line.all_in("sent")
    assert len(line.accepted()) == 2
    assert await line.store.value("SELECT status FROM tickets") == "waiting"


@pytest.mark.parametrize("why", ["not on WhatsApp", "opted out"])
async def test_an_undeliverable_reply_is_parked_at_once(line: Line, why: str) -> None:
    await line.answered("Hello")
    line.control.set_number(EVE, **({"on_whatsapp": False} if why == "not on WhatsApp" else {"unsubscribed": True}))
    await line.deliver()
    await line.all_in("parked")
    assert await line.store.value("SELECT escalation_reason FROM tickets") == "undeliverable"
    assert await line.store.value("SELECT owner FROM conversations") == "staff"


async def test_k3_a_refused_reply_keeps_its_place_in_the_order(line: Line) -> None:
    """About an hour of refusals: other numbers wait too; afterwards every reply is sent in order."""
    await line.answered("one", "two", "three")
    await line.answered("uno", "due", number=BOB)
    line.control.fault("messages.create", "rate_limited", times=None, seconds=1)
    delivery = await line.deliver()

    refused = "SELECT count(*) FROM outbox WHERE last_error LIKE '%429%'"
    await eventually(lambda: line.store.value(refused))
    await asyncio.sleep(1.5)
    assert set(await line.states()) <= {"ready", "sending"}
    assert line.accepted() == []
    line.control.clear_faults()
    await line.hurry()
    await line.all_in("sent")
    assert bodies(line) == ["About: one", "About: two", "About: three"]
    assert bodies(line, BOB) == ["About: uno", "About: due"]
    await delivery.check_health()
    assert await line.store.violations(within_s=60) == {}


async def test_replies_wait_while_credentials_are_wrong_and_health_shows_it(
    listener: socket.socket, control: ControlClient, store: Store, database_url: str
) -> None:
    async with opened_line(listener, control, store, database_url) as line:
        await line.answered("one", "two")
        wrong = line.args.model_copy(update={"twilio": twilio_args(control, account_sid="AC" + "9" * 32)})
        right, line.args = line.args, wrong
        await line.deliver()

        async def degraded() -> bool:
            health = (await line.client.get("/health")).json()["components"]["whatsapp"]
            return health["status"] == "degraded" and "credentials" in health["detail"]

        await eventually(degraded)
        assert line.accepted() == []
        assert set(await line.states()) <= {"ready", "sending"}
        await line.deliveries.pop().close()
        line.args = right
        await line.deliver()
        await line.hurry()
        await line.all_in("sent")
        assert bodies(line) == ["About: one", "About: two"]


async def test_replies_wait_while_the_provider_is_unreachable(
    listener: socket.socket, control: ControlClient, store: Store, database_url: str
) -> None:
    async with opened_line(listener, control, store, database_url) as line:
        await line.answered("one")
        nobody = twilio_args(control, api_base_url=f"http://127.0.0.1:{deaf_port()}")
        there = line.args
        line.args = there.model_copy(update={"twilio": nobody})
        await line.deliver()
        degraded_detail = "SELECT detail FROM node_status WHERE node = 'whatsapp' AND status = 'degraded'"
        await eventually(lambda: store.value(degraded_detail))
        assert "can't be reached" in await store.value(degraded_detail)
        assert set(await line.states()) <= {"ready", "sending"}
        await line.deliveries.pop().close()
        line.args = there
        await line.deliver()
        await line.hurry()
        await line.all_in("sent")
        assert bodies(line) == ["About: one"]


async def answer_customers(line: Line, count: int) -> list[str]:
    """`count` customers who have been answered."""
    numbers = [f"+4917012{n:05}" for n in range(count)]
    for number in numbers:
        await line.answered("Hello", number=number)
    return numbers


@pytest.mark.parametrize("callbacks", ["told by callback", "found in the list"])
@both_sizes
async def test_t_f2_a_lost_response_is_found_and_nothing_is_sent_twice(line: Line, callbacks: str, count: int) -> None:
    numbers = await answer_customers(line, count)
    if callbacks == "found in the list":
        line.control.fault("status_callback", "drop", times=None)
    for n, kind in enumerate(("drop_answer", "error_after") * (count // 2)):
        line.control.fault("messages.create", kind, status=(500, 503)[n % 2])
    await line.deliver()
    await line.all_in("sent", within_s=PATIENCE_S + count)
    assert sorted(entry.to[0] for entry in line.accepted()) == sorted(f"whatsapp:{number}" for number in numbers)
    refs = await line.store.rows("SELECT provider_message_id FROM messages WHERE author = 'agent'")
    assert {row["provider_message_id"] for row in refs} == {entry.message_id for entry in line.accepted()}
    assert await line.store.violations(within_s=60) == {}


async def test_a_reply_of_unknown_fate_is_looked_up_as_soon_as_the_provider_is_back(line: Line) -> None:
    """An outage makes the pause before the next look-up long, here an hour."""
    await line.answered("one")
    line.control.fault("status_callback", "drop", times=None)
    line.control.fault("messages.create", "drop_answer", times=None)
    for method in ("messages.list", "accounts.fetch"):
        line.control.fault(method, "error_before", times=None)
    await line.deliver(look_up_s=3600)
    await eventually(
        lambda: line.store.value("SELECT count(*) FROM outbox WHERE state = 'unknown' AND metadata ? 'not_asked'")
    )
    degraded = "SELECT count(*) FROM node_status WHERE node = 'whatsapp' AND status = 'degraded'"
    await eventually(lambda: line.store.value(degraded))
    line.control.clear_faults()
    await line.all_in("sent")
    assert bodies(line) == ["About: one"]


@both_sizes
async def test_t_f3_nothing_is_sent_again_while_the_look_up_fails(line: Line, count: int) -> None:
    await answer_customers(line, count)
    line.control.fault("status_callback", "drop", times=None)
    line.control.fault("messages.create", "drop_answer", times=None)
    line.control.fault("messages.list", "error_before", times=None)
    await line.deliver(max_unanswered=3, look_up_s=0.05)

    async def over() -> bool:
        await line.hurry()
        return set(await line.states()) == {"parked"}

    await eventually(over, within_s=PATIENCE_S + count)
    assert len(line.accepted()) == count
    assert await line.store.value("SELECT count(*) FROM tickets WHERE escalation_reason = 'undeliverable'") == count
    assert await line.store.value("SELECT count(*) FROM events WHERE topic = 'fte.escalations'") == count

    async def shown() -> bool:
        detail = (await line.client.get("/health")).json()["components"]["whatsapp"]["detail"]
        return "unknown fate" in detail

    await eventually(shown)


async def test_t_f2_a_successful_look_up_ends_the_backoff_of_the_other_replies(line: Line) -> None:
    line.control.fault("status_callback", "drop", times=None)
    line.control.fault("messages.create", "drop_answer", times=6)
    line.control.fault("messages.list", "error_before", times=6)
    await line.deliver(look_up_s=1000, beat_every_s=0.1)
    # A check of the credentials that passes makes look-ups due, too: it has passed before there are any.
    await away_and_back(line)
    await answer_customers(line, 6)

    async def all_asked() -> bool:
        query = "SELECT count(*) FROM outbox WHERE state = 'unknown' AND next_attempt_at > now() + interval '600 s'"
        return bool(await line.store.value(query) == 6)

    await eventually(all_asked)
    await line.store.execute(
        "UPDATE outbox SET next_attempt_at = now() WHERE id = (SELECT min(id::text)::uuid FROM outbox)"
    )
    await line.all_in("sent")
    assert len(line.accepted()) == 6


async def away_and_back(line: Line) -> None:
    """Twilio refuses the credentials' checks for a second."""
    line.control.fault("accounts.fetch", "error_before", times=2)
    for status in ("degraded", "healthy"):
        shown = f"SELECT count(*) FROM node_status WHERE node = 'whatsapp' AND status = '{status}'"
        await eventually(lambda shown=shown: line.store.value(shown))


async def test_t_f2_a_provider_that_comes_and_goes_does_not_use_up_the_look_ups(line: Line) -> None:
    line.control.fault("status_callback", "drop", times=None)
    line.control.fault("messages.list", "error_before", times=None)
    line.control.fault("messages.create", "drop_answer")
    await line.deliver(look_up_s=1000, beat_every_s=0.1)
    await away_and_back(line)
    await line.answered("one")

    async def look_ups() -> int:
        return int(await line.store.value("SELECT COALESCE((metadata ->> 'not_asked')::int, 0) FROM outbox") or 0)

    async def looked_up(times: int) -> bool:
        return await look_ups() == times

    await eventually(lambda: looked_up(1))
    await away_and_back(line)
    await eventually(lambda: looked_up(2))
    for _ in range(2):
        await away_and_back(line)
    assert await look_ups() == 2


@pytest.mark.full
async def test_while_sending_fails_one_reply_at_a_time_is_tried(line: Line) -> None:
    """The credential check and the list still succeed: they must not open the channel for all."""
    line.control.fault("messages.create", "error_before", times=None)
    await line.deliver(check_s=4)
    await answer_customers(line, 20)
    await asyncio.sleep(5)
    assert 0 < await line.store.value("SELECT count(*) FROM outbox WHERE attempts > 0") < 20
    assert (await line.client.get("/health")).json()["components"]["whatsapp"]["status"] == "degraded"
    line.control.clear_faults()
    await line.all_in("sent", within_s=90)
    assert len(line.accepted()) == 20


async def test_a_message_that_twilio_lists_twice_is_sent_and_raises_an_alarm(line: Line) -> None:
    await line.answered("Hello")
    line.control.fault("status_callback", "drop", times=None)
    line.control.fault("messages.create", "drop_answer")
    line.control.fault("messages.list", "error_before")
    await line.deliver(look_up_s=1000)
    put_off = "SELECT state = 'unknown' AND next_attempt_at > now() + interval '600 s' FROM outbox"
    await eventually(lambda: line.store.value(put_off))
    options = TwilioOptions()
    somebody = Twilio(
        account_sid=options.account_sid,
        auth_token=options.auth_token,
        number=options.number,
        base_url=line.control.base_url,
    )
    await asyncio.to_thread(
        lambda: somebody.send(to=f"whatsapp:{EVE}", body="About: Hello", callback=f"{line.url}/nowhere")
    )
    await line.hurry()
    await line.all_in("sent")
    assert await line.store.value("SELECT provider_ref FROM outbox_parts") == line.accepted()[0].message_id
    degraded_detail = "SELECT detail FROM node_status WHERE node = 'whatsapp' AND status = 'degraded'"
    await eventually(lambda: line.store.value(degraded_detail))
    assert "twice" in await line.store.value(degraded_detail)


async def test_a_reply_that_two_look_ups_do_not_find_is_sent_only_once_more(line: Line) -> None:
    await line.answered("Hello")
    line.control.fault("messages.create", "error_before", times=None, status=503)
    await line.deliver(look_up_s=0.1)

    async def parked() -> bool:
        await line.hurry()
        return await line.states() == ["parked"]

    await eventually(parked)
    assert line.accepted() == []
    assert await line.store.value("SELECT attempts FROM outbox") == 2


async def test_a_reply_that_never_arrived_is_sent_again_after_two_look_ups(line: Line) -> None:
    await line.answered("Hello")
    line.control.fault("messages.create", "error_before", status=503)
    started = time.monotonic()
    await line.deliver(look_up_s=1.0)
    await line.all_in("sent")
    assert time.monotonic() - started >= 1.0
    assert bodies(line) == ["About: Hello"]


async def test_k3_a_lost_answer_in_the_middle_of_a_long_text(line: Line) -> None:
    await line.answered("Hello")
    await store_staff_reply(line, "".join(f"This is sentence number {n} of a long story. " for n in range(120)))
    line.control.fault("messages.create", "drop_answer", skip=2)
    line.control.fault("status_callback", "drop", times=None)
    await line.deliver()
    await line.all_in("sent")
    pieces = bodies(line)[1:]
    assert len(pieces) == len(set(pieces)) == 4
    assert [
        row["body"]
        for row in await line.store.rows(
            "SELECT p.body FROM outbox_parts p JOIN outbox o ON o.id = p.outbox_id WHERE o.author = 'staff' ORDER BY n"
        )
    ] == pieces


class TestRate:
    @pytest.fixture
    def twilio_options(self) -> TwilioOptions:
        return TwilioOptions(status_seconds=0.02, messages_per_second=22)

    async def test_three_replicas_together_keep_the_rate_that_avoids_63018(self, line: Line) -> None:
        """Ten a second leave them; of those that a busy machine lets wait, as many again may arrive with them."""
        await answer_customers(line, 45)
        for _ in range(3):
            await line.deliver()
        await line.all_in("sent")
        assert len(line.accepted()) == 45
        failed: list[Any] = [
            entry for entry in line.control.journal(kind="whatsapp_status") if entry.details["error_code"]
        ]
        assert failed == []


async def test_replies_wait_while_the_channel_is_off_and_are_sent_when_it_is_on(line: Line) -> None:
    await line.answered("one", "two")
    on = line.args
    line.args = on.model_copy(update={"enabled_channels": ("web_form",)})
    await line.deliver()
    await asyncio.sleep(1.0)
    await line.all_in("ready")
    assert bodies(line) == []
    await line.deliveries.pop().close()
    line.args = on
    await line.deliver()
    await line.all_in("sent")
    assert bodies(line) == ["About: one", "About: two"]


async def test_replies_parked_while_the_channel_had_no_credentials_are_sent_when_it_has(line: Line) -> None:
    await line.answered("one", "two")
    on = line.args
    line.args = on.model_copy(update={"twilio": on.twilio.model_copy(update={"number": None})})
    await line.deliver()
    await line.all_in("parked")
    await line.deliveries.pop().close()
    line.args = on
    await line.deliver()
    await line.all_in("sent")
    assert bodies(line) == ["About: one", "About: two"]


async def test_two_delivery_nodes_send_each_reply_once(line: Line) -> None:
    await answer_customers(line, 10)
    await line.deliver()
    await line.deliver()
    await line.all_in("sent")
    assert len(line.accepted()) == 10
