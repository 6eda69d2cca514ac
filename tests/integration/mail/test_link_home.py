"""Issue 12: replies say where the ticket stands, and who wrote on the web is told by mail that an answer is there."""

from __future__ import annotations

from uuid import UUID

import pytest

from db.outbound.channel_configs import ChannelConfigs
from db.pool import create_pool
from deployments.channels.gmail.sender import GmailSender
from deployments.channels.status_mails import ANSWERED, StatusMails
from deployments.channels.web_form import WebFormSender
from deployments.delivery.node import DeliveryNode
from deployments.rules.formatting import render
from deployments.staff.replies import StaffReplies
from evaluation.providers.journal import Entry
from tests.fixtures.company import GUARD
from tests.fixtures.mail_channel import ADDRESS, CUSTOMER, Post
from tests.fixtures.store import Wakes
from tests.fixtures.waiting import eventually

ANN = "ann@example.com"
TYPED = ("Ann Lee", "A question", "How do I")


def link(number: str) -> str:
    return f"https://help.example/status#{number}:token"


def desk(post: Post) -> StaffReplies:
    return StaffReplies(pool=post.store.pool, relay=Wakes(), links=link, guard=GUARD)


async def told_by_mail(post: Post) -> DeliveryNode:
    """A delivery node with MAIL_WEB_ANSWERS."""
    pool = await create_pool(post.database_url, size=6)
    mails = StatusMails(pool=pool, links=link)
    gmail = GmailSender(pool=pool, gmail=post.gmail(), address=ADDRESS, clock=post.clock)
    node = DeliveryNode(pool=pool, senders=[WebFormSender(mails), gmail], poll_s=0.05, look_up_s=0.2)
    post.parts.append(node)
    return node


async def nothing_due(post: Post) -> None:
    """Wait until every web reply has left, and every mail but those that wait for their hour."""
    due = "SELECT count(*) FROM outbox WHERE state <> 'sent' AND NOT (state = 'ready' AND next_attempt_at > now())"

    async def so() -> bool:
        return not await post.store.value(due)

    await eventually(so)


async def ask(post: Post, text: str, *, email: str = ANN) -> str:
    """Send a form and run its turn; returns the ticket's number."""
    wake = await post.store.form(text, email=email)
    await post.store.pipeline(agent=post.agent).handle(wake)
    return post.store.numbers[-1]


def body(mail: Entry) -> str:
    return mail.body.replace("\r\n", "\n")


@pytest.mark.parametrize("mark", ["> ", ""], ids=["marked", "unmarked"])
async def test_a_reply_that_quotes_the_whole_of_our_mail_is_the_customers_own_words(post: Post, mark: str) -> None:
    worker = await post.connected()
    post.question("HANDOVER please")
    await worker.run_once()
    await post.answer_all()
    conversation_id: UUID = await post.store.value("SELECT id FROM conversations")
    await desk(post).reply(conversation_id, by="ann", text="Your account is open again.")
    await post.delivery()
    await post.settled()
    ours = post.sent()[-1]
    number = await post.store.value("SELECT number FROM tickets")
    assert f"Ticket reference: {number}\nStatus and earlier messages: {link(number)}" in body(ours)
    quoted = "\n".join(f"{mark}{line}" for line in body(ours).splitlines())
    post.question(f"Thank you, it works.\n\n{quoted}", subject="Re: Login", reply_to=ours.message_id)
    await worker.run_once()
    last = "SELECT content FROM messages WHERE direction = 'inbound' ORDER BY created_at DESC, id DESC LIMIT 1"
    assert await post.store.value(last) == "Thank you, it works."


async def test_the_first_reply_by_whatsapp_carries_number_and_link_and_later_ones_do_not(post: Post) -> None:
    config = await ChannelConfigs(post.store.pool).get("whatsapp")
    first, later = (
        render(config, body="Yes.", name="", ticket="TKT-0042", link=link("TKT-0042"), first=is_first)
        for is_first in (True, False)
    )
    assert first == f"Yes.\n\nTicket TKT-0042: {link('TKT-0042')}"
    assert later == "Yes."


async def test_an_answer_on_the_web_is_told_once_and_without_what_was_typed(post: Post) -> None:
    await told_by_mail(post)
    worker = await post.connected()
    number = await ask(post, "How do I log in?")
    await nothing_due(post)
    # A delivery that died behind the web reply sends it again; a hand-over's notice is no answer.
    await post.store.execute("UPDATE outbox SET state = 'ready', next_attempt_at = now() WHERE channel = 'web_form'")
    await ask(post, "HANDOVER please", email="bob@example.com")
    await nothing_due(post)
    (mail,) = post.sent()
    assert (mail.to, mail.header("Subject"), mail.header("Auto-Submitted")) == ((ANN,), ANSWERED, "auto-replied")
    assert f"{number}: {link(number)}\n" in body(mail)
    assert not [word for word in TYPED if word in mail.body]
    assert await post.store.violations() == {}
    # Who answers the mail all the same is heard, without what it quotes.
    quoted = "\n".join(f"> {line}" for line in body(mail).splitlines())
    post.question(f"I have read it.\n\n{quoted}", sender=ANN, subject=f"Re: {ANSWERED}", reply_to=mail.message_id)
    await worker.run_once()
    assert await post.store.value("SELECT content FROM messages WHERE author = 'customer' AND channel = 'email'") == (
        "I have read it."
    )


async def test_t_s8_an_address_gets_one_mail_an_hour_whatever_forms_name_it(post: Post) -> None:
    await told_by_mail(post)
    numbers = [await ask(post, "The first question")]
    await nothing_due(post)
    numbers += [await ask(post, f"Question {n}") for n in range(11)]
    await nothing_due(post)
    (first,) = post.sent()
    [waits] = await post.store.rows(
        "SELECT w.next_attempt_at - s.sent_at AS pause FROM outbox w, outbox s "
        "WHERE w.author = 'system' AND w.state = 'ready' AND s.author = 'system' AND s.state = 'sent'"
    )
    # From when the first was due, not from when Gmail had it.
    assert waits["pause"].total_seconds() > 3000
    await post.store.execute("UPDATE outbox SET next_attempt_at = now() WHERE state = 'ready'")
    await nothing_due(post)
    first, second = post.sent()
    assert [one.to for one in (first, second)] == [(ANN,), (ANN,)]
    told = [[number for number in numbers if link(number) in mail.body] for mail in (first, second)]
    assert sorted(told[0] + told[1]) == numbers


async def test_a_persons_answer_is_told_at_once(post: Post) -> None:
    await told_by_mail(post)
    number = await ask(post, "How do I log in?")
    await nothing_due(post)
    conversation_id: UUID = await post.store.value("SELECT conversation_id FROM tickets WHERE number = $1", number)
    await desk(post).reply(conversation_id, by="ann", text="Look at the top right.")
    await nothing_due(post)
    assert [link(number) in mail.body for mail in post.sent()] == [True, True]
    assert "Look at the top right" not in post.sent()[1].body


async def test_without_the_setting_nobody_is_told(post: Post) -> None:
    pool = await create_pool(post.database_url, size=4)
    gmail = GmailSender(pool=pool, gmail=post.gmail(), address=ADDRESS)
    post.parts.append(DeliveryNode(pool=pool, senders=[WebFormSender(), gmail], poll_s=0.05))
    await ask(post, "How do I log in?", email=CUSTOMER)
    await nothing_due(post)
    assert post.sent() == []
