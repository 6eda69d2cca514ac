"""M3, T-S6: what people answered is learned after a person approved it, and nothing else ever is."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from db import embedding_models
from db.identity import privacy
from db.pool import acquire, transaction
from db.staff.learned import HeldEntry
from deployments.analysis_node import AnalysisNode
from deployments.learning import finder as finding
from deployments.learning.finder import CandidateFinder
from deployments.learning.findings import READ
from deployments.learning.review import FindingsError, LearnedEntries, ReviewedEntry
from deployments.staff.corrections import object_to_training
from embeddings.encoder import BUILT_IN, Encoder
from embeddings.workbench.registry.service import described
from serve_app.cli.kb.store import Base, removed, sections, sync_all
from serve_app.settings.settings import load_settings
from tests.fakes.nodes import decision
from tests.fixtures.agent_desk import analysis_node, encoder
from tests.fixtures.company import EXAMPLE
from tests.fixtures.drafting import drafting_nodes
from tests.fixtures.office import ANN, BOB, Office
from tests.integration.api.serving import STAFF_KEY, arguments, running
from tests.integration.privacy.test_erasure import traces

__all__ = ["analysis_node", "encoder"]

HOSTILE = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "data" / "hostile_tickets.jsonl").read_text(encoding="utf-8").splitlines()
]
QUESTION = "How can I print a wall poster of the calendar?"
AGAIN = "Can I print the calendar as a wall poster?"
ANSWER = (
    "Hi Ann,\n\nthank you for your patience. Open the calendar, choose Export, then Poster. The poster is a PDF in A1 "
    "with one page for each quarter.\n\nLet me know if there is anything else.\n\nBest regards,\nBob of support"
)
LEARNED = "Open the calendar, choose Export, then Poster. The poster is a PDF in A1 with one page for each quarter."
PATH = "/api/v1/staff/learned"
OURS = {"X-Nightdesk-Desk": "1"}


@dataclass(slots=True, kw_only=True)
class School:
    """An office whose customers' hand-overs are learned from, with the real encoder and a few real documents."""

    office: Office
    analysis: AnalysisNode
    agent: Any
    nodes: Any

    @property
    def entries(self) -> LearnedEntries:
        return LearnedEntries(pool=self.office.store.pool, company=EXAMPLE)

    async def find(self, *, allowed: bool = True) -> Counter[Any]:
        finder = CandidateFinder(pool=self.office.store.pool, analysis=self.analysis, company=EXAMPLE, allowed=allowed)
        return await finder.run_once()

    async def resolved(self, question: str, answer: str, *, email: str = "ann@example.com") -> UUID:
        """File a form that a person answers and resolves; returns its ticket's id."""
        wake = await self.office.store.form(question, email=email)
        await self.office.pipeline().handle(wake)
        [row] = await self.office.store.rows("SELECT * FROM tickets WHERE number = $1", self.office.store.numbers[-1])
        await self.office.replies.reply(row["conversation_id"], by="bob", text=answer)
        await self.office.desk.resolve(row["conversation_id"], by="bob")
        ticket: UUID = row["id"]
        return ticket

    async def ask(self, question: str, email: str) -> str:
        """Ask the real agent; returns the outcome of the turn."""
        pipeline = self.office.store.pipeline(agent=self.agent, analysis=self.analysis)
        return await pipeline.handle(await self.office.store.form(question, email=email))

    async def only(self, state: Any = "candidate") -> ReviewedEntry:
        [found] = await self.entries.list(state, limit=10)
        return found

    async def approve(self, reviewed: ReviewedEntry, **changes: Any) -> HeldEntry:
        """As Ann, who has read it."""
        return await self.entries.approve(
            reviewed.entry.entry_id, analysis=self.analysis, by="ann", confirmed=[READ.code], **changes
        )

    async def passages(self) -> list[dict[str, Any]]:
        return await self.office.store.rows("SELECT * FROM knowledge_base WHERE origin LIKE 'learned:%'")


@pytest.fixture
async def school(office: Office, encoder: Encoder, analysis_node: AnalysisNode) -> School:
    office.agent.decide = lambda turn, analysis: replace(
        decision(turn, analysis), outcome="escalated", reason="no_kb_match", severity="medium", queue="general"
    )
    nodes = await drafting_nodes(office.store.pool, encoder, analysis_node)
    return School(office=office, analysis=analysis_node, agent=nodes.agent, nodes=nodes)


async def test_m3_an_answer_becomes_an_entry_is_approved_answers_counts_and_is_withdrawn(
    school: School, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = school.office.store
    assert await school.ask(QUESTION, "first@example.com") == "escalated"
    await school.resolved(QUESTION, ANSWER)
    await school.resolved(AGAIN, ANSWER, email="carl@example.com")
    await school.resolved("Where is it?", "Done, it works.", email="dora@example.com")
    assert await school.find(allowed=False) == {}
    assert await school.find() == {"entry": 2, "no_answer": 1}
    assert await school.find() == {}
    found = await school.only()
    assert (found.entry.title, found.entry.answer, found.findings) == (QUESTION, LEARNED, (READ,))
    assert (found.entry.tickets, found.entry.customers) == (2, 2)
    assert await school.passages() == []

    approved = await school.approve(found, seen=1)
    [passage] = await school.passages()
    assert (passage["slug"], passage["source"]) == (approved.slug, "learned")
    assert await school.ask(AGAIN, "second@example.com") == "answered"
    [reply] = await store.rows("SELECT * FROM messages WHERE sources <> '[]'")
    assert reply["sources"] == [approved.slug]
    assert "choose Export, then Poster" in reply["content"]
    await store.execute(
        "INSERT INTO ticket_ratings (ticket_id, channel, good) VALUES ($1, 'web_form', true)", reply["ticket_id"]
    )
    used = (await school.only("approved")).entry
    assert (used.answers, used.good, used.bad, used.decided_by) == (1, 1, 0, "ann")

    # No start, no `kb sync` takes it away; `kb remove` withdraws it.
    monkeypatch.setenv("DATABASE_URL", database_url)
    base = Base(pool=store.pool, settings=load_settings(), company=EXAMPLE)
    await sync_all(base)
    origin = f"learned:{approved.slug}"
    assert origin in {section.origin for section in await sections(base)}
    assert await removed(base, origin, "/nowhere") == 1
    assert await school.passages() == []
    assert (await school.only("withdrawn")).entry.decided_by == "nightdesk kb remove"
    assert await school.ask(AGAIN, "third@example.com") == "escalated"
    assert await store.violations() == {}


async def test_m3_what_the_documents_say_or_never_may_is_not_proposed(school: School) -> None:
    [known] = await school.office.store.rows(
        "SELECT title, content FROM knowledge_base WHERE slug = 'reset-a-forgotten-password'"
    )
    await school.resolved("How do I reset a forgotten password?", known["content"])
    office = school.office
    office.agent.decide = lambda turn, analysis: replace(
        decision(turn, analysis), outcome="escalated", reason="refund", severity="high", queue="billing"
    )
    await school.resolved("May I have my money back?", ANSWER, email="carl@example.com")
    assert await school.find() == {"known": 1, "topic": 1}
    assert await school.entries.list("candidate", limit=10) == []


async def test_m3_what_is_known_already_is_decided_by_the_cosine_measured_for_the_encoder(school: School) -> None:
    store = school.office.store
    async with acquire(store.pool) as connection:
        await embedding_models.register(connection, replace(described(BUILT_IN), same_from=1.1))
    [known] = await store.rows("SELECT content FROM knowledge_base WHERE slug = 'reset-a-forgotten-password'")
    await school.resolved("How do I reset a forgotten password?", known["content"])
    assert await school.find() == {"entry": 1}


async def test_t_s6_hostile_tickets_never_enter_the_index_by_one_key(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "SAME", 1.1)  # each for itself: together they would vanish behind the first
    monkeypatch.setattr(finding, "AT_ONCE", len(HOSTILE))
    for n, row in enumerate(HOSTILE):
        await school.resolved(row["question"], row["answer"], email=f"mallory{n}@example.com")
    seen = await school.find()
    candidates = await school.entries.list("candidate", limit=200)
    assert len(candidates) == seen["entry"] == len(HOSTILE) - seen["no_answer"]
    senders = await school.office.store.rows(
        "SELECT t.number, c.email FROM tickets t JOIN customers c ON c.id = t.customer_id"
    )
    splits = {f"mallory{n}@example.com": row["split"] for n, row in enumerate(HOSTILE)}
    split_of = {row["number"]: splits[row["email"]] for row in senders}
    named = Counter[str]()
    for one in candidates:
        with pytest.raises(FindingsError):
            await school.entries.approve(one.entry.entry_id, analysis=school.analysis, by="ann")
        if any(found.blocks for found in one.findings):
            codes = [found.code for found in one.findings]
            with pytest.raises(FindingsError):
                await school.entries.approve(one.entry.entry_id, analysis=school.analysis, by="ann", confirmed=codes)
        named[split_of[one.entry.numbers[0]]] += one.findings != (READ,)
    # Of the attacks that the wordings were written against all are named, of those worded anew about six of ten.
    assert named["first"] == sum(split_of[one.entry.numbers[0]] == "first" for one in candidates)
    assert named["reworded"] >= 15
    assert await school.passages() == []
    assert len(HOSTILE) >= 40


async def test_d7_an_objection_and_an_erasure_reach_what_was_learned(school: School) -> None:
    store = school.office.store
    await school.resolved(f"{QUESTION} It is for zanzibar.", ANSWER)
    await school.resolved(AGAIN, ANSWER, email="carl@example.com")
    assert await school.find() == {"entry": 2}
    first = await school.only()
    await school.approve(first, answer=f"{LEARNED} Made for zanzibar.")
    customer = await store.value("SELECT customer_id FROM tickets WHERE number = $1", store.numbers[0])
    async with transaction(store.pool) as connection:
        exported = await privacy.export(connection, customer, by="ann")
        assert exported is not None
        assert [one["title"] for one in exported["learned_entries"]] == [first.entry.title]
        assert await privacy.erase(connection, customer, by="ann")
    assert await traces(store, "zanzibar") == {}
    assert await school.passages() == []
    # Who else had asked is looked at again: their own words make the entry now.
    assert await school.find() == {"entry": 1}
    second = await school.only()
    assert (second.entry.title, second.entry.customers) == (AGAIN, 1)
    await school.approve(second)
    async with transaction(store.pool) as connection:
        assert await object_to_training(connection, "carl@example.com", objects=True)
    assert await school.entries.list("approved", limit=10) == []
    await school.find(allowed=False)
    assert await school.passages() == []
    assert await store.value("SELECT count(*) FROM learned_entries") == 0


async def test_h11_decisions_on_entries_by_http(school: School, database_url: str) -> None:
    answer = f"{LEARNED} For zanzibar it was printed yesterday."
    await school.resolved(QUESTION, answer)
    await school.resolved(
        "How do I paint the board blue?",
        "Open the board, choose Look, then the Colour Wheel, and pick a blue.",
        email="carl@example.com",
    )
    await school.find()
    async with running(arguments(database_url), drafting=school.nodes) as off:
        assert (await off.client.get(PATH, headers=ANN)).json() == {"learning": False, "entries": []}
    async with running(arguments(database_url, learn_from_customers=True), drafting=school.nodes) as api:
        client = api.client
        assert (await client.get(PATH)).status_code == 401
        shown = (await client.get(PATH, headers=ANN)).json()["entries"]
        entry, other = sorted(shown, key=lambda one: "paint" in one["title"])
        assert [(one["code"], one["blocks"]) for one in entry["findings"]] == [
            ("one_case", False),
            ("read", False),
        ]
        path = f"{PATH}/{entry['entry_id']}"
        refused = await client.post(f"{path}/approve", headers=ANN)
        assert (refused.status_code, refused.json()["error"]) == (409, "CONFIRM")
        assert [one["field"] for one in refused.json()["details"]] == ["one_case", "read"]
        blocked = await client.post(
            f"{path}/approve",
            headers=ANN,
            json={"answer": f"{answer} Write to eve@evil.example.", "confirmed": ["one_case"]},
        )
        assert (blocked.status_code, blocked.json()["error"]) == (409, "MUST_EDIT")

        await client.post("/api/v1/staff/session", headers={"Authorization": f"Bearer {STAFF_KEY}"})
        assert (await client.post(f"{path}/approve")).status_code == 403
        unseen = await client.post(f"{path}/approve", headers=OURS)
        assert (unseen.status_code, unseen.json()["details"][0]["field"]) == (400, "If-Match")
        seen = {"If-Match": f'"{entry["version"]}"'}
        both = await asyncio.gather(
            client.post(f"{path}/approve", headers={**OURS, **seen}, json={"answer": LEARNED, "confirmed": ["read"]}),
            client.post(f"{path}/reject", headers={**BOB, **seen}),
        )
        assert sorted(one.status_code for one in both) == [200, 409]
        late = await client.post(f"{path}/reject", headers={**OURS, **seen})
        assert (late.status_code, late.json()["error"]) == (409, "CHANGED")
        taken = await client.post(
            f"{PATH}/{other['entry_id']}/approve",
            headers=BOB,
            json={"confirmed": [one["code"] for one in other["findings"]]},
        )
        assert (taken.status_code, taken.json()["state"]) == (200, "approved")
        withdrawn = await client.post(f"{PATH}/{other['entry_id']}/withdraw", headers=BOB)
        assert (withdrawn.json()["state"], withdrawn.json()["version"]) == ("withdrawn", "3")
        async with acquire(api.pool) as connection:
            assert (
                await connection.fetchval("SELECT count(*) FROM knowledge_base WHERE slug = $1", taken.json()["slug"])
                == 0
            )
