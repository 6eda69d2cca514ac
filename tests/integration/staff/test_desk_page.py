"""H10, H11: the desk's pages in a real browser (`web-form/e2e/desk.mjs`), over the real API, store and agent."""

from __future__ import annotations

import asyncio

import pytest

from deployments.analysis_node import AnalysisNode
from embeddings.encoder import Encoder
from tests.fixtures.agent_desk import analysis_node, encoder
from tests.fixtures.drafting import drafting_nodes
from tests.fixtures.node import node
from tests.fixtures.office import Office
from tests.integration.api.serving import BOBS_KEY, STAFF_KEY, arguments, running

__all__ = ["analysis_node", "encoder"]

QUESTION = "HANDOVER this, please. How do I reset a forgotten password?"
GERMAN = "HANDOVER: Wegen der Zahlungsaufforderungsbestätigungsschreiben und der Rückerstattungsvoraussetzungen bitte."
ARABIC = "نسيت كلمة المرور ولا أستطيع الدخول إلى حسابي. كيف يمكنني إعادة تعيينها؟ HANDOVER"
MORNING = (
    "HANDOVER this, please. How do I reset a forgotten password?",
    "HANDOVER: a colleague of yours has promised to look into our workspace.",
    "HANDOVER: the invoice of last month names the wrong company.",
    "HANDOVER: never mind, it works again.",
)
"""What a morning brings, by turns: something to draft, to answer oneself, to label, to resolve at once."""
OLDER = """
    ALTER TABLE identity_evidence DISABLE TRIGGER USER;
    UPDATE identity_evidence SET recorded_at = recorded_at - interval '2 minutes';
    ALTER TABLE identity_evidence ENABLE TRIGGER USER"""


LEARNED = """
    INSERT INTO learned_entries (id, ticket_id, title, answer, embedding_model, embedding)
    SELECT id, id, title, answer, 'none', '[1]' FROM (SELECT id FROM tickets ORDER BY id LIMIT 2) t
    JOIN (VALUES ('How do I print a poster?', 'Open the board and choose Export, then Poster.'),
                 ('How do I paint a board?', 'I have painted it blue with the help of Brightwater.'))
        AS words (title, answer)
        ON (title = 'How do I print a poster?') = (t.id = (SELECT min(id::text)::uuid FROM tickets));
    INSERT INTO learned_askings (ticket_id, entry_id) SELECT ticket_id, id FROM learned_entries"""


async def browse(script: str, *arguments: str) -> str:
    """Run a script of web-form/e2e, which must succeed; returns what it prints."""
    done = await asyncio.to_thread(node, f"e2e/{script}", *arguments, timeout=800)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.timeout(900)
async def test_h11_the_desk_is_worked_by_keyboard_and_by_two_at_once(
    office: Office, database_url: str, encoder: Encoder, analysis_node: AnalysisNode
) -> None:
    nodes = await drafting_nodes(office.store.pool, encoder, analysis_node)
    for text in ("HANDOVER zeroth", "HANDOVER first", "HANDOVER second", "HANDOVER third", QUESTION, GERMAN, ARABIC):
        await office.form(text)
    await office.form("How do I export a board?", approval=True)
    await office.form("BROKEN, please", retry_s=(0.01,) * 4)
    for email in ("one@example.com", "two@example.com"):
        await office.store.form("My number is this", email=email, phone="+4917012345678")
    await office.store.execute(OLDER)
    await office.store.execute(LEARNED)
    async with running(arguments(database_url, learn_from_customers=True), drafting=nodes) as api:
        await browse("desk.mjs", api.url, STAFF_KEY, BOBS_KEY)
    done = await office.store.rows("SELECT actor, action FROM staff_actions ORDER BY created_at, id")
    assert [(row["actor"], row["action"]) for row in done] == [
        *[("ann", "take_over"), ("ann", "reply"), ("ann", "release")] * 2,
        ("ann", "take_over"),
        ("ann", "reply"),
        ("bob", "reply"),
        ("ann", "approve"),
        ("ann", "resolve"),
        ("ann", "take_over"),
        ("ann", "reply"),
        ("ann", "resolve"),
        ("ann", "label"),
    ]
    edited = await office.store.rows(
        "SELECT COALESCE(metadata ->> 'written', body) AS text, metadata ->> 'draft' AS draft FROM outbox "
        "WHERE metadata ? 'draft' ORDER BY seq"
    )
    entries = await office.store.rows("SELECT state, decided_by FROM learned_entries ORDER BY decided_at")
    assert [(row["state"], row["decided_by"]) for row in entries] == [("approved", "ann"), ("withdrawn", "ann")]
    ends = (" Ann was here.", " Ann has read it.")
    assert [row["text"] for row in edited] == [
        f"{row['draft'].rstrip()}{end}" for row, end in zip(edited, ends, strict=True)
    ]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("waiting", [6, pytest.param(30, marks=pytest.mark.full)])
async def test_h11_a_morning_is_worked_off_by_keyboard_alone(
    office: Office, database_url: str, encoder: Encoder, analysis_node: AnalysisNode, waiting: int
) -> None:
    nodes = await drafting_nodes(office.store.pool, encoder, analysis_node)
    for place in range(waiting):
        wake = await office.store.form(MORNING[place % len(MORNING)], email=f"customer{place}@example.com")
        await office.pipeline().handle(wake)
    async with running(arguments(database_url), drafting=nodes) as api:
        await browse("morning.mjs", api.url, STAFF_KEY, str(waiting))
    states = await office.store.rows("SELECT status, count(*) AS tickets FROM tickets GROUP BY status")
    assert [(row["status"], row["tickets"]) for row in states] == [("resolved", waiting)]
    asked = await office.store.value("SELECT count(*) FROM requested_drafts WHERE message_id IS NOT NULL")
    assert asked == -(-waiting // len(MORNING))
    assert await office.store.violations() == {}
