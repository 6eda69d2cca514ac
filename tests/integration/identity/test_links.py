"""I2, R7, T-S8: an address and a number become one customer when both links were confirmed, and not before."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest

from db.identity import merges, privacy
from db.identity.links import LinkUsedError
from db.measurement import metrics
from db.pool import acquire
from db.staff.conversations import list_work
from db.staff.customer_lookup import find_customer
from db.turns import open_turn
from deployments.identity.links import IdentityLinks, LinkPreview
from serve_app.api.public.status_link import status_token
from tests.fakes.nodes import ScriptedAgent
from tests.fixtures.people import ANN, EVE, Store, accept, contents, customer_of, handled, mail, whatsapp
from tests.integration.api.serving import SECRET, arguments, running

LINK = re.compile(r"http://[^\s#]+/link#(\S+)")


@pytest.fixture
def links(store: Store) -> IdentityLinks:
    return IdentityLinks(pool=store.pool, secret_key=SECRET, public_base_url="http://127.0.0.1:8000")


async def tokens(store: Store) -> dict[str, str]:
    """The tokens of the links by where each was sent."""
    sent = await store.rows("SELECT recipient, body FROM outbox WHERE author = 'system' ORDER BY id")
    return {row["recipient"]: LINK.findall(row["body"])[0] for row in sent}


async def confirmed(links: IdentityLinks, token: str) -> str:
    """Confirm a link and return its outcome: linked, confirmed or gone."""
    try:
        return "linked" if await links.confirm(token) else "confirmed"
    except LinkUsedError:
        return "gone"


async def both_known(store: Store) -> str:
    """Eve writes on WhatsApp and then sends a form with her number; returns the form's ticket."""
    await handled(store, whatsapp("My invoice is wrong"))
    await store.form("Where is my export?", phone=EVE)
    return store.numbers[-1]


async def test_i2_confirming_both_links_merges_the_customers(store: Store, links: IdentityLinks) -> None:
    ticket = await both_known(store)
    assert await links.request(ticket)
    sent = await tokens(store)
    assert set(sent) == {ANN, EVE}
    assert await confirmed(links, sent[ANN]) == "confirmed"
    assert await store.value("SELECT count(*) FROM identity_merges") == 0
    assert await confirmed(links, sent[EVE]) == "linked"
    rows = await store.rows("SELECT DISTINCT customer_id FROM customer_identifiers WHERE tier = 2")
    assert len(rows) == 1
    agent = ScriptedAgent()
    await handled(store, mail("Hello by mail"), agent=agent)
    turn = agent.runs[0]
    assert (turn.channel, turn.tier) == ("email", 2)
    assert [line.rpartition(": ")[2] for line in turn.history] == ["My invoice is wrong", "A question"]
    async with acquire(store.pool) as connection:
        found = await open_turn.linked_email(connection, turn.customer_id, sender_key=f"whatsapp:{EVE}")
        assert found == ANN
        assert await open_turn.linked_email(connection, turn.customer_id, sender_key="whatsapp:+4930") is None


async def test_i4_a_link_is_undone_like_any_merge(store: Store, links: IdentityLinks) -> None:
    await links.request(await both_known(store))
    sent = await tokens(store)
    await confirmed(links, sent[ANN])
    await store.execute("UPDATE customer_identifiers SET last_seen_at = $1", moment := datetime.now(UTC))
    before = await contents(store)
    await confirmed(links, sent[EVE])
    merge_id = await store.value("SELECT id FROM identity_merges")
    async with acquire(store.pool) as connection:
        await merges.undo(connection, merge_id, actor="staff:ann")
    # That somebody has opened the link is no part of the merge.
    await store.execute("UPDATE customer_identifiers SET last_seen_at = $1", moment)
    after = await contents(store)
    assert {table for table in before if before[table] != after[table]} == {"identity_links"}
    async with acquire(store.pool) as connection:
        ann = await customer_of(store, f"email:{ANN}")
        assert await open_turn.linked_email(connection, ann, sender_key=f"whatsapp:{EVE}") is None


async def test_i2_a_link_works_once_and_opening_it_does_not_use_it_up(store: Store, links: IdentityLinks) -> None:
    await links.request(await both_known(store))
    token = (await tokens(store))[ANN]
    for _ in range(3):
        assert await links.preview(token) == LinkPreview(side="email", yours=ANN, other="ends in 4567")
    results = await asyncio.gather(*(confirmed(links, token) for _ in range(8)))
    assert sorted(results) == ["confirmed"] + ["gone"] * 7
    assert await links.preview(token) is None


@pytest.mark.parametrize("change", ["expired", "forged", "other side", "nonsense", "lapsed"])
async def test_i3_a_forged_or_expired_link_links_nothing(store: Store, links: IdentityLinks, change: str) -> None:
    await links.request(await both_known(store))
    sent = await tokens(store)
    token = sent[EVE]
    await confirmed(links, sent[ANN])
    match change:
        case "expired":
            await store.execute("UPDATE identity_links SET expires_at = now()")
        case "forged":
            token = token[:-4] + ("AAAA" if not token.endswith("AAAA") else "BBBB")
        case "other side":
            token = token.replace(".number.", ".email.")
        case "nonsense":
            token = "..\u00e9"
        case "lapsed":
            await store.execute("UPDATE customer_identifiers SET last_seen_at = now() - interval '181 days'")
    assert await confirmed(links, token) == "gone"
    assert await store.value("SELECT count(*) FROM customer_identifiers WHERE tier = 2") == 0
    assert await store.value("SELECT count(*) FROM identity_merges") == 0


async def test_i3_the_http_answer_does_not_reveal_who_is_known(store: Store, database_url: str) -> None:
    known = await both_known(store)
    await store.form("Another number", email="bob@example.com", phone="+12025550123")
    await store.form("No number", email="carl@example.com")
    path = "/api/v1/identity/links"
    async with running(arguments(database_url)) as api:

        async def asked(ticket: str, token: str) -> httpx.Response:
            return await api.client.post(path, json={"ticket_id": ticket, "token": token})

        answers = [await asked(ticket, status_token(SECRET, ticket)) for ticket in (known, *store.numbers[-2:])]
        assert {(answer.status_code, answer.text) for answer in answers} == {(202, answers[0].text)}
        assert (await asked(known, "guess")).status_code == 404
        sent = await tokens(store)
        assert set(sent) == {ANN, EVE}
        assert (await api.client.get(path, params={"token": sent[EVE]})).status_code == 405
        shown = await api.client.post(f"{path}/look", json={"token": sent[EVE]})
        assert shown.json() == {"side": "number", "yours": EVE, "other": "begins with a"}
        ends = [await api.client.post(f"{path}/confirm", json={"token": token}) for token in sent.values()]
        assert [end.json()["status"] for end in ends] == ["confirmed", "linked"]
        assert (await api.client.post(f"{path}/look", json={"token": sent[EVE]})).status_code == 404
        assert (await api.client.post(f"{path}/confirm", json={"token": sent[EVE]})).status_code == 404
        ticket = await api.client.get(f"/tickets/{known}", params={"token": status_token(SECRET, known)})
        assert not any(token in ticket.text for token in sent.values())
        assert (await api.client.get("/link")).status_code == 200


async def test_t_s8_one_link_notice_an_hour_without_the_forms_text(store: Store, links: IdentityLinks) -> None:
    await handled(store, whatsapp("Hello"))
    for n in range(12):
        await store.form(f"SPAM{n} spam spam spam", phone=EVE)
    await store.execute("UPDATE customers SET name = 'SPAM'")
    await store.execute("UPDATE tickets SET subject = 'SPAM'")
    tickets = await store.rows("SELECT number FROM tickets WHERE source_channel = 'web_form'")
    await asyncio.gather(*(links.request(row["number"]) for row in tickets))
    sent = await store.rows("SELECT recipient, subject, body FROM outbox WHERE author = 'system'")
    assert sorted(row["recipient"] for row in sent) == [EVE, ANN]
    assert not any("SPAM" in row["subject"] + row["body"] for row in sent)
    await store.execute("UPDATE identity_link_targets SET sent_at = now() - interval '61 minutes'")
    await links.request(tickets[0]["number"])
    assert await store.value("SELECT count(*) FROM outbox WHERE author = 'system'") == 4


async def test_i3_no_ticket_shows_a_link_and_no_message_joins_its_notice(store: Store, links: IdentityLinks) -> None:
    ticket = await both_known(store)
    await links.request(ticket)
    sent = await tokens(store)
    kept = await store.rows("SELECT content FROM messages WHERE author = 'system'")
    assert len(kept) == 2
    assert not any(token in row["content"] for row in kept for token in sent.values())
    notices = {row["id"] for row in await store.rows("SELECT id FROM conversations WHERE metadata ? 'notice'")}
    later = await accept(store, whatsapp("What is this?"))
    assert isinstance(later.conversation_id, UUID)
    assert later.conversation_id not in notices
    agent = ScriptedAgent()
    await handled(store, mail("What is this?"), agent=agent)
    turn = agent.runs[0]
    assert (turn.channel, turn.tier, len(turn.history)) == ("email", 1, 1)  # the form that named the address, no notice


async def test_h8_a_link_notice_is_in_no_list_or_metric_but_in_the_customers_export(
    store: Store, links: IdentityLinks
) -> None:
    ticket = await both_known(store)
    ann = await customer_of(store, f"email:{ANN}")
    async with acquire(store.pool) as connection:
        before = await metrics.channel_figures(connection, since=datetime(2000, 1, 1, tzinfo=UTC))
        await links.request(ticket)
        assert await metrics.channel_figures(connection, since=datetime(2000, 1, 1, tzinfo=UTC)) == before
        assert await list_work(connection, "closed") == []
        found = await find_customer(connection, email=ANN)
        assert found is not None
        assert [one.ticket_id for one in found.tickets] == [ticket]
        exported = await privacy.export(connection, ann, by="bob")
        assert exported is not None
        assert len(exported["tickets"]) == len(exported["conversations"]) == 2
        erased = await privacy.erase(connection, ann, by="bob")
    assert erased is not None
    assert (erased.tickets, erased.conversations) == (2, 2)


async def test_i3_a_notice_opens_no_ticket_whatever_the_template_says(store: Store, links: IdentityLinks) -> None:
    await store.execute("UPDATE channel_configs SET response_template = '{{ body }} See {{ link }}.'")
    ticket = await both_known(store)
    await links.request(ticket)
    bodies = await store.rows("SELECT body FROM outbox WHERE author = 'system'")
    assert [row["body"].endswith("See http://127.0.0.1:8000/status.") for row in bodies] == [True, True]
    assert not any(status_token(SECRET, ticket) in row["body"] for row in bodies)
