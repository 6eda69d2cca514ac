"""G13: a ticket explains itself, by the database and by the HTTP call, and says so where a record is missing."""

from __future__ import annotations

import io
import itertools
import json
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from db.pool import Pool, acquire, create_pool
from db.turns import decisions
from db.turns.decisions import ExplainedTicket
from deployments.analysis_node import AnalysisNode
from serve_app.api.staff.decisions import EXPLAINED
from serve_app.cli.explain import view
from serve_app.cli.main import app
from serve_app.cli.target import Target
from serve_app.cli.trace.waterfall import spans_of
from serve_app.embedded.base.errors import UserError
from tests.fixtures.production import FOLLOW_UPS, MESSAGES, Production, Stored
from tests.integration.api.serving import STAFF_KEY, arguments, running

PASSWORD, REFUND = MESSAGES[0], MESSAGES[1]


async def _explained(pool: Pool, number: str) -> ExplainedTicket:
    async with acquire(pool) as connection:
        ticket = await decisions.explain(connection, number)
    assert ticket is not None
    return ticket


def _printed(ticket: ExplainedTicket) -> str:
    out = io.StringIO()
    view.show(ticket, Console(file=out, width=400, highlight=False))
    return out.getvalue()


async def test_g13_an_answer_shows_scores_passages_calls_and_delivery(stored: Stored, pool: Pool) -> None:
    ticket = await _explained(pool, stored.numbers[PASSWORD])
    first, text = ticket.turns[0], _printed(ticket)

    assert [turn.messages[0].text for turn in ticket.turns] == [PASSWORD, *FOLLOW_UPS]
    assert first.record is not None
    assert first.reply is not None
    assert [call.name for call in first.record.tool_calls] == [
        "create_ticket",
        "get_customer_history",
        "search_knowledge_base",
        "send_response",
    ]
    relevance, threshold = first.record.scores["relevance.1"], first.record.scores["relevance.threshold"]
    refund, at_least = first.record.scores["escalation.refund"], first.record.scores["escalation.refund.threshold"]
    for line in (
        f"answered by rule {first.record.rule}",
        f"relevance.1 {relevance:.3f}, threshold {threshold:.3f}: reached",
        f"escalation.refund {refund:.3f}, threshold {at_least:.3f}: not reached",
        f"{first.record.passages[0].score:.3f}  {first.record.passages[0].slug}",
        f"grounded, prompt {first.record.prompt_version}, ",
        f"call 4    send_response ok, {first.record.tool_calls[3].duration_ms:.1f} ms",
        f"{first.record.latency_ms:.0f} ms from acceptance to the reply (identity",
        "ready (pending) to person0@example.com, not tried yet",
        f"rests on {first.reply.sources[0]}",
        "decision  answered by rule courtesy:thanks",
    ):
        assert line in text


async def test_g13_a_hand_over_shows_reason_severity_queue_and_summary(stored: Stored, pool: Pool) -> None:
    ticket = await _explained(pool, stored.numbers[REFUND])
    text = _printed(ticket)

    assert "hand-over refund, severity high, queue billing" in text
    assert f"summary   {ticket.summary}" in text
    assert "owner     a person (conversation handed_over)" in text
    assert "escalated by rule both:refund" in text
    assert "none was asked: a rule decided" in text


async def test_g13_a_ticket_without_a_decision_record_says_so(database_url: str, analysis_node: AnalysisNode) -> None:
    pool = await create_pool(database_url, size=3)
    production = Production(pool=pool, analysis=analysis_node)
    waits, _ = await production.file("How do I reset my password?")
    lost = await production.ask("Thanks a lot!", email="bob@example.com")
    async with acquire(pool) as connection:
        await connection.execute("DELETE FROM decision_records")
    texts = [_printed(await _explained(pool, number)) for number in (waits, lost)]
    await production.pipeline.close()
    await pool.close()

    assert "decision  not decided yet: the message waits for its turn" in texts[0]
    assert "left      nothing" in texts[0]
    assert "decision  no record is stored, although the message is escalated" in texts[1]


async def test_g13_staff_actions_and_drafts_are_shown(database_url: str, analysis_node: AnalysisNode) -> None:
    pool = await create_pool(database_url, size=3)
    production = Production(pool=pool, analysis=analysis_node)
    number = await production.ask("Thanks a lot!")
    async with acquire(pool) as connection:
        await connection.execute(
            "INSERT INTO staff_actions (id, conversation_id, actor, action) "
            "SELECT gen_random_uuid(), conversation_id, 'ann', 'take_over' FROM tickets"
        )
        body = await connection.fetchval("UPDATE outbox SET state = 'draft', message_id = NULL RETURNING body")
        await connection.execute("DELETE FROM messages WHERE direction = 'outbound'")
    text = _printed(await _explained(pool, number))
    await production.pipeline.close()
    await pool.close()

    assert "take_over " in text
    assert " by ann" in text
    assert "by web_form, draft to ann@example.com" in text
    assert body.splitlines()[2] in text


async def test_g13_the_staff_call_shows_the_same_and_needs_a_staff_key(stored: Stored, pool: Pool) -> None:
    number = stored.numbers[REFUND]
    async with running(arguments(stored.url)) as served:
        path = f"/api/v1/tickets/{number}/decisions"
        answer = await served.client.get(path, headers={"Authorization": f"Bearer {STAFF_KEY}"})
        stranger = await served.client.get(path)
        unknown = await served.client.get(
            "/api/v1/tickets/TKT-9999/decisions", headers={"Authorization": f"Bearer {STAFF_KEY}"}
        )

    assert EXPLAINED.validate_python(answer.json()) == await _explained(pool, number)
    assert (stranger.status_code, unknown.status_code) == (401, 404)
    assert unknown.json()["message"] == "There is no ticket TKT-9999"


def test_g13_the_command_reads_the_database(
    stored: Stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = Target(url="http://127.0.0.1:1", token=None, database_url=stored.url, data_dir="d")
    number, out = stored.numbers[REFUND], tmp_path / "why.json"
    view.run(target, number, out)

    assert "hand-over refund" in capsys.readouterr().out
    assert json.loads(out.read_text(encoding="utf-8"))["escalation_reason"] == "refund"
    with pytest.raises(UserError, match=r"there is no ticket TKT-9999\."):
        view.run(target, "TKT-9999", None)


def test_g13_the_command_finds_nothing_where_nothing_runs(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["explain", "TKT-0001", "--data-dir", str(tmp_path)])

    assert "nothing runs on" in str(result.exception)


async def test_m4_a_trace_accounts_for_all_of_a_turns_time(stored: Stored, pool: Pool) -> None:
    for question in (PASSWORD, REFUND):
        for turn in (await _explained(pool, stored.numbers[question])).turns:
            spans = spans_of(turn, {})
            assert [span.name for span in spans] == ["queue", "identity", "analysis", "agent", "delivery"]
            assert turn.record is not None
            assert spans[0].start_s == 0.0
            for before, after in itertools.pairwise(spans):
                assert before.end_s == pytest.approx(after.start_s, abs=1e-6)
            assert spans[-1].start_s == turn.record.latency_ms / 1000
            for span in spans[1:4]:
                assert span.end_s is not None
                assert (span.end_s - span.start_s) * 1000 == pytest.approx(turn.record.stages_ms[span.name])
            assert "create_ticket" in spans[3].note
