"""What every channel holds, each with its real sender, over real PostgreSQL and the providers' stand-ins.

A channel that passes is a channel. The stand-ins' journal tells what a customer got; on the web form it is the ticket.
Where a channel has no provider, its tests say what holds instead: a reply is read as soon as its turn is committed.
"""

from __future__ import annotations

import asyncio
import math
import unicodedata
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace

import pytest
import pytest_asyncio

from db.outbound import outbox
from db.pool import acquire
from db.records import Analysis, ChannelConfig, Decision, LengthUnit, Turn
from deployments.agent.node import AgentNode, ModelSettings
from deployments.analysis_node import AnalysisNode
from deployments.channels.sender import CheckedSender, TransientDeliveryError
from deployments.channels.traits import TRAITS
from deployments.delivery.dispatch import MAX_REJECTIONS
from deployments.rules.escalation import EscalationRules
from deployments.rules.formatting import render
from embeddings.chunker import parse_docs
from embeddings.encoder import Encoder
from embeddings.indexer import sync
from embeddings.relevance import RelevanceGate
from tests.fakes.nodes import ScriptedAgent, decision
from tests.fixtures.agent_desk import DOCS, analysis_node, encoder
from tests.fixtures.channels import Channels
from tests.fixtures.company import EXAMPLE
from tests.fixtures.every_channel import CHANNELS, Customer, OpenChannel, away, opened_channel, opened_line_of_all
from tests.fixtures.store import plain_logs
from tests.fixtures.waiting import eventually
from tests.fixtures.whatsapp_channel import Line

pytestmark = pytest.mark.asyncio(loop_scope="module")
__all__ = ["analysis_node", "encoder", "plain_logs"]

QUESTION = "How do I reset a forgotten password?"
FACT = "open the sign-in page, choose Forgot password and enter your work e-mail address"
OTHER_FACT = "reset link that is valid for 60 minutes"
HANDED_OVER = "passed this to a colleague"
LINK = "https://help.example/status"
SENTENCES = 400
LONG = "".join(f"This is sentence number {n} 😀 of a long answer. " for n in range(SENTENCES))
LENGTHS: Mapping[LengthUnit, Callable[[str], int]] = {"words": lambda text: len(text.split()), "characters": len}
KNOWN_HEADERS = {
    "Received", "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
    "X-Auto-Response-Suppress", "X-Nightdesk-Outbox-Id", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
}  # fmt: skip
NAME = 'Eve\r\nBcc: mallory@example.net <b onload="x">Adams</b> {{ 7 * 7 }}\x07\u202e'
SUBJECT = "Login\r\nBcc: mallory@example.net\x1b[2J"
TEXT = "First line\x07\r\nBcc: mallory@example.net\r\n\r\n<script>alert(1)</script> {{ 7 * 7 }} \u202elast line"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def product(module_database_url: str) -> AsyncIterator[tuple[Line, Channels]]:
    """All channels, opened once."""
    async with opened_line_of_all(module_database_url) as opened:
        yield opened


@pytest_asyncio.fixture(params=CHANNELS, loop_scope="module")
async def channel(request: pytest.FixtureRequest, product: tuple[Line, Channels]) -> AsyncIterator[OpenChannel]:
    """Every channel that there is, in turn."""
    async with opened_channel(request.param, *product) as opened:
        yield opened


async def delivered(channel: OpenChannel, *states: str) -> None:
    """Wait until every reply is sent (or in one of these states), and stop: nothing is on its way any more."""
    await channel.line.all_in(*(states or ("sent",)))
    await channel.end_delivery()


async def read_at_once(channel: OpenChannel, customer: Customer, *replies: str) -> None:
    """What holds where nothing is sent: the replies are there although no delivery runs, and stay so when one does."""
    assert isinstance(channel.sender(), CheckedSender) is False
    assert await customer.received() == list(replies)
    await channel.deliver()
    await delivered(channel)
    assert await customer.received() == list(replies)


def framed(config: ChannelConfig, number: str, name: str) -> tuple[str, str]:
    """What the channel's template puts before and behind a text."""
    before, _, after = render(config, body="⁂", name=name, ticket=number, link=LINK).partition("⁂")
    return before, after


def writing(body: str, config: ChannelConfig) -> ScriptedAgent:
    """An agent that always says this, in the form of the channel."""

    def decide(turn: Turn, analysis: Analysis) -> Decision:
        reply = render(config, body=body, name=turn.customer_name, ticket=turn.ticket.number, link=LINK)
        return replace(decision(turn, analysis), reply=reply)

    return ScriptedAgent(decide=decide)


class TestPlace:
    async def test_a_channel_has_traits_reply_settings_and_one_sender(self, channel: OpenChannel) -> None:
        assert channel.name in TRAITS
        config = await channel.config()
        assert config.enabled
        assert config.length_unit in LENGTHS
        assert "⁂" in render(config, body="⁂", name="Eve", ticket="TKT-0001", link=LINK)
        assert isinstance(channel.sender(), CheckedSender) is (channel.provider is not None)

    async def test_a_message_is_filed_once_however_often_it_comes(self, channel: OpenChannel) -> None:
        eve, bob = channel.customer(), channel.customer("Bob Brown")
        for customer in (eve, bob):
            message_id = await customer.write(QUESTION)
            await customer.repeat()
            [row] = await channel.store.rows(
                "SELECT i.sender_key, i.state, m.channel, m.content, t.source_channel, c.channel AS place, k.filing_key"
                " FROM inbox i JOIN messages m ON m.id = i.message_id JOIN tickets t ON t.id = i.ticket_id"
                " JOIN conversations c ON c.id = i.conversation_id JOIN customers k ON k.id = c.customer_id"
                " WHERE i.provider_message_id = $1",
                message_id,
            )
            assert row == {
                "sender_key": customer.sender_key,
                "filing_key": customer.sender_key,
                "state": "waiting",
                "content": QUESTION,
                **dict.fromkeys(("channel", "source_channel", "place"), channel.name),
            }
        for table in ("inbox", "messages", "tickets", "conversations", "customers", "events"):
            assert await channel.store.value(f"SELECT count(*) FROM {table}") == 2, table


class TestForm:
    async def test_the_same_question_gets_the_same_facts_in_the_form_of_the_channel(
        self, channel: OpenChannel, analysis_node: AnalysisNode, encoder: Encoder
    ) -> None:
        store = channel.store
        passages = [one for one in parse_docs(DOCS.read_text(encoding="utf-8")) if "password" in one.title]
        await sync(store.pool, encoder, passages, own_names=EXAMPLE.own_names)

        async def reply_to(customer: Customer) -> str:
            agent = AgentNode(
                pool=store.pool,
                analysis=analysis_node,
                model=ModelSettings(),
                gate=RelevanceGate.load(own_names=EXAMPLE.own_names),
                rules=EscalationRules(own_names=EXAMPLE.own_names),
                company=EXAMPLE,
                links=lambda _: LINK,
            )
            await customer.write(QUESTION)
            assert await channel.answer(agent, analysis_node) == ["answered"]
            await channel.deliver()
            await delivered(channel)
            [reply] = await customer.received()
            return reply

        config = await channel.config()
        reply = await reply_to(channel.customer())
        before, after = framed(config, "TKT-0001", "Eve Adams")
        assert reply.startswith(f"{before}To reset a forgotten password, {FACT}.")
        assert reply.endswith(after)
        assert OTHER_FACT in reply
        assert LENGTHS[config.length_unit](reply) <= config.max_response_length

        limit = LENGTHS[config.length_unit](reply) - 1
        await store.execute(
            "UPDATE channel_configs SET max_response_length = $2 WHERE channel = $1", channel.name, limit
        )
        shorter = await reply_to(channel.customer())
        assert FACT in shorter
        assert LENGTHS[config.length_unit](shorter) <= limit

    async def test_a_long_answer_is_shortened_to_whole_sentences_and_arrives_whole(self, channel: OpenChannel) -> None:
        config = await channel.config()
        customer = channel.customer()
        await customer.write(QUESTION)
        await channel.answer(writing(LONG, config))
        [row] = await channel.outbox()
        length = LENGTHS[config.length_unit]
        room_for_one_more = length(LONG) // SENTENCES + 1
        assert 0 <= config.max_response_length - length(row["body"]) <= room_for_one_more
        before, after = framed(config, "TKT-0001", "Eve Adams")
        body = row["body"].removeprefix(before).removesuffix(after).strip()
        assert LONG.startswith(body)
        assert body.endswith("of a long answer.")

        await channel.deliver()
        await delivered(channel)
        assert "".join("".join(await customer.received()).split()) == "".join(row["body"].split())

    async def test_what_a_customer_writes_comes_to_no_harm(self, channel: OpenChannel) -> None:
        """Controls, line breaks that would start a header, markup and templates, in text, subject and name."""
        await channel.store.execute(
            "UPDATE channel_configs SET response_template = $1", "Hello {{ name }},\n{{ body }}\nSee {{ ticket }}."
        )
        channel.subject = SUBJECT
        customer = channel.customer(NAME)
        # NUL can't be stored; the form refuses it (F1), the other channels have nobody to refuse it to.
        await customer.write(TEXT if channel.provider is None else f"\0{TEXT}")
        [said] = await channel.store.rows("SELECT content FROM messages")
        for part in ("First line", "Bcc: mallory@example.net", "<script>alert(1)</script> {{ 7 * 7 }}", "last line"):
            assert part in said["content"]

        assert await channel.answer(writing("The page is open.", await channel.config())) == ["answered"]
        await channel.deliver()
        await delivered(channel)
        [reply] = await customer.received()
        assert reply == "Hello Eve Bcc Adams,\nThe page is open.\nSee TKT-0001."
        assert await channel.store.violations() == {}
        if channel.provider is not None:
            [entry] = channel.provider.accepted()
            assert [to.removeprefix("whatsapp:") for to in entry.to] == [customer.identifier]
            assert {header for header, _ in entry.headers} <= KNOWN_HEADERS
            assert [v for _, v in entry.headers if any(unicodedata.category(c) == "Cc" for c in v)] == []


class TestDelivery:
    async def test_each_reply_reaches_whoever_wrote_once_and_in_order(self, channel: OpenChannel) -> None:
        eve = await channel.asked("The first question", "The second question")
        bob = await channel.asked("Another question", "And one more question", name="Bob Brown")
        await channel.deliver()
        await channel.deliver()
        await delivered(channel)
        assert await eve.received() == ["About: The first question", "About: The second question"]
        assert await bob.received() == ["About: Another question", "About: And one more question"]
        assert [row["attempts"] for row in await channel.outbox()] == [1] * 4
        if channel.provider is not None:
            assert len(channel.provider.accepted()) == 4
        assert await channel.store.violations() == {}

    async def test_a_reply_that_is_refused_is_sent_later_before_what_follows(self, channel: OpenChannel) -> None:
        customer = await channel.asked("The first question", "The second question")
        replies = ["About: The first question", "About: The second question"]
        if channel.provider is None:
            await read_at_once(channel, customer, *replies)
            return
        channel.provider.order(channel.provider.refusal)
        await channel.deliver()
        await channel.first_reply("last_error LIKE 'MessageRejectedError%' AND next_attempt_at > now() + '30 s'")
        await asyncio.sleep(0.3)
        assert await channel.line.states() == ["ready", "ready"]
        assert channel.provider.accepted() == []
        await channel.line.hurry()
        await delivered(channel)
        assert await customer.received() == replies

    async def test_a_reply_that_stays_refused_is_kept_for_a_person(self, channel: OpenChannel) -> None:
        customer = await channel.asked("The first question", "The second question")
        if channel.provider is None:
            await read_at_once(channel, customer, "About: The first question", "About: The second question")
            assert [row["attempts"] for row in await channel.outbox()] == [1, 1]
            return
        channel.provider.order(channel.provider.refusal, times=MAX_REJECTIONS)
        await channel.deliver()

        async def over() -> bool:
            await channel.line.hurry()
            return await channel.line.states() == ["parked", "sent"]

        await eventually(over)
        await channel.end_delivery()
        assert await customer.received() == ["About: The second question"]
        kept, _ = await channel.outbox()
        assert (kept["body"], kept["attempts"]) == ("About: The first question", MAX_REJECTIONS)
        [ticket] = await channel.store.rows("SELECT status, escalation_reason, summary FROM tickets")
        assert (ticket["status"], ticket["escalation_reason"]) == ("escalated", "undeliverable")
        assert "Not delivered: MessageRejectedError" in ticket["summary"]
        assert await channel.store.value("SELECT owner FROM conversations") == "staff"

    async def test_a_reply_whose_answer_was_lost_is_looked_up_and_not_sent_twice(self, channel: OpenChannel) -> None:
        customer = await channel.asked(QUESTION)
        if channel.provider is None:
            # Nobody can be asked, and nobody has to be: what is stored is delivered.
            await channel.store.execute("UPDATE outbox SET state = 'unknown'")
            await read_at_once(channel, customer, f"About: {QUESTION}")
            assert await channel.store.value(
                "SELECT provider_message_id = id::text FROM messages WHERE author = 'agent'"
            )
            return
        channel.provider.order(*channel.provider.lost_answer)
        channel.provider.order(channel.provider.silence)
        await channel.deliver()
        await delivered(channel)
        [entry] = channel.provider.accepted()
        assert await customer.received() == [f"About: {QUESTION}"]
        [row] = await channel.outbox()
        # The provider was asked twice, and answered the second time only.
        assert (row["attempts"], row["metadata"]) == (1, row["metadata"] | {"not_asked": 1})
        assert not {"missed", "resent"} & set(row["metadata"])
        said = await channel.store.value("SELECT provider_message_id FROM messages WHERE author = 'agent'")
        assert said == entry.message_id

    async def test_a_reply_whose_sender_died_is_sent_once(self, channel: OpenChannel) -> None:
        customer = await channel.asked(QUESTION)
        async with acquire(channel.store.pool) as connection:
            assert len(await outbox.lease_due(connection, channel.name, limit=5, lease_s=0.01)) == 1
            await asyncio.sleep(0.02)
            await outbox.expire_leases(connection)
        # Without a provider nobody can have it twice: it is sent again at once, without looking up.
        assert await channel.line.states() == ["ready" if channel.provider is None else "unknown"]
        await channel.deliver()
        await delivered(channel)
        assert await customer.received() == [f"About: {QUESTION}"]
        assert (await channel.outbox())[0]["attempts"] == 2

    async def test_while_the_provider_is_away_replies_wait_and_then_go_out_in_order(self, channel: OpenChannel) -> None:
        customer = await channel.asked("The first question", "The second question")
        replies = ["About: The first question", "About: The second question"]
        if channel.provider is None:
            # Nor do the providers of other channels hold it up.
            with away(channel.providers.gmail, channel.providers.twilio):
                await read_at_once(channel, customer, *replies)
            return
        with away(channel.provider.stand_in):
            await channel.deliver()
            await channel.first_reply("attempts > 0 AND last_error LIKE 'TransientDeliveryError%'")
            assert set(await channel.line.states()) <= {"ready", "sending"}
            assert channel.provider.accepted() == []
        await channel.line.hurry()
        await delivered(channel)
        assert await customer.received() == replies
        assert len(channel.provider.accepted()) == 2

    async def test_refused_credentials_are_named_and_cost_no_reply(self, channel: OpenChannel) -> None:
        customer = await channel.asked(QUESTION)
        provider, sender = channel.provider, channel.sender()
        if provider is None:
            await read_at_once(channel, customer, f"About: {QUESTION}")
            return
        assert isinstance(sender, CheckedSender)
        await sender.check()
        refused = channel.sender(provider.wrong)
        assert isinstance(refused, CheckedSender)
        with pytest.raises(TransientDeliveryError) as told:
            await refused.check()
        assert provider.setting in str(told.value)
        assert provider.secret not in str(told.value)

        await channel.deliver(provider.wrong)
        await channel.first_reply("attempts > 0 AND state = 'ready'")
        assert provider.setting in (await channel.outbox())[0]["last_error"]
        assert provider.accepted() == []
        await channel.end_delivery()
        await channel.line.hurry()
        await channel.deliver()
        await delivered(channel)
        assert await customer.received() == [f"About: {QUESTION}"]


class TestReplyCap:
    async def test_beyond_the_cap_of_the_hour_a_person_takes_over(self, channel: OpenChannel) -> None:
        cap = channel.traits.reply_cap
        customer = await channel.asked("The first question")
        await said_before(channel, 100 if cap is None else cap.replies - 2, hours=0)
        await customer.write("The last question")
        assert await channel.answer() == ["answered"]
        answers = ["About: The first question", "About: The last question"]
        if cap is None:
            # Nothing goes out that a machine could answer: there is nothing to cap.
            await read_at_once(channel, customer, *answers)
            return
        for n in range(cap.notices + 1):
            # In conversations of their own: the cap is the correspondent's.
            await channel.store.execute("UPDATE conversations SET status = 'closed'")
            await customer.write(f"One question too many, {n}")
            assert await channel.answer() == ["escalated"]
        other = await channel.asked("Somebody else's question")
        await channel.deliver()
        await delivered(channel, "sent", "cancelled")
        received = await customer.received()
        assert [one for one in received if HANDED_OVER not in one] == answers
        assert len(received) == len(answers) + cap.notices
        assert await other.received() == ["About: Somebody else's question"]
        # The notice that did not leave stands on the ticket.
        [withheld] = [row for row in await channel.outbox() if row["state"] == "cancelled"]
        assert HANDED_OVER in withheld["body"]
        assert withheld["last_error"] == "withheld: the cap on automatic replies"
        escalated = "SELECT count(*) FROM tickets WHERE escalation_reason = 'reply_limit'"
        assert await channel.store.value(escalated) == cap.notices + 1

    async def test_beyond_the_cap_of_the_day_a_person_takes_over(self, channel: OpenChannel) -> None:
        cap = channel.traits.reply_cap
        customer = await channel.asked("The first question")
        capped = cap is not None and math.isfinite(cap.a_day)
        await said_before(channel, int(cap.a_day) - 2 if cap and capped else 100, hours=2)
        await customer.write("The last question")
        assert await channel.answer() == ["answered"]
        await customer.write("One question too many")
        assert await channel.answer() == ["escalated" if capped else "answered"]
        assert await channel.store.value("SELECT escalation_reason FROM tickets") == ("reply_limit" if capped else None)


async def said_before(channel: OpenChannel, count: int, *, hours: int) -> None:
    """As many replies in the only conversation, so many hours ago."""
    await channel.store.execute(
        "INSERT INTO outbox (id, conversation_id, ticket_id, message_id, author, channel, recipient, body, state,"
        " created_at) SELECT gen_random_uuid(), conversation_id, ticket_id, message_id, author, channel, recipient,"
        " body, 'sent', now() - make_interval(hours => $2)"
        " FROM (SELECT * FROM outbox LIMIT 1) said, generate_series(1, $1)",
        count,
        hours,
    )
