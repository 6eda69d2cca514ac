"""T4: a replay decides as production did where nothing changed, shows what a change would do, and writes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from db.pool import DatabaseUnavailableError, Pool, acquire, create_pool
from db.records import Turn
from db.turns import stored_turns
from deployments.agent.node import ModelSettings
from deployments.analysis_node import AnalysisNode
from deployments.rules.escalation import EscalationRules
from deployments.rules.support_hours import ServiceLevels
from embeddings.relevance import RelevanceGate
from evaluation.replay.report import ReplayReport
from evaluation.replay.run import Replayer, Variant, with_recorded
from serve_app.settings.support import SLA_HOURS
from tests.fixtures.company import EXAMPLE
from tests.fixtures.production import CHAT, CLOSED_HOURS, EDITED, TURNS, Stored

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def _later() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=1)


async def _replayed(pool: Pool, analysis: AnalysisNode, **changes: object) -> ReplayReport:
    levels = ServiceLevels.parse(CLOSED_HOURS, "UTC", SLA_HOURS)
    standard = {
        "model": ModelSettings(),
        "rules": EscalationRules(own_names=EXAMPLE.own_names),
        "company": EXAMPLE,
        "gate": RelevanceGate.load(own_names=EXAMPLE.own_names),
        "levels": levels,
    }
    replayer = Replayer(pool=pool, analysis=analysis, variant=Variant(**standard | changes))  # type: ignore[arg-type]
    decided = await replayer.stored(LONG_AGO, _later(), limit=1000)
    return ReplayReport(cases=tuple([case async for case in replayer.replay(decided)]))


async def test_t4_unchanged_settings_give_identical_decisions(
    stored: Stored, pool: Pool, analysis_node: AnalysisNode
) -> None:
    report = await _replayed(pool, analysis_node)

    assert len(report.replayed) == TURNS - EDITED
    assert report.skipped == {"its draft was edited by a person": EDITED}
    assert report.as_json()["cases"] == []
    assert {case.before.outcome for case in report.cases} == {"answered", "escalated"}
    assert any("is back on" in case.before.text for case in report.replayed)


async def test_t4_other_support_hours_change_the_promised_time(
    stored: Stored, pool: Pool, analysis_node: AnalysisNode
) -> None:
    report = await _replayed(pool, analysis_node, levels=None)

    assert report.changed
    assert {case.changed for case in report.changed} == {("text",)}
    assert {case.before.outcome for case in report.changed} == {"escalated"}


async def test_t4_an_agent_that_is_off_hands_everything_over(
    stored: Stored, pool: Pool, analysis_node: AnalysisNode
) -> None:
    report = await _replayed(pool, analysis_node, answers=False)

    assert {case.after.outcome for case in report.replayed if case.after} == {"escalated"}


def _comparable(turn: Turn) -> Turn:
    """Without what a replay cannot reconstruct: lease, tokens and the former status of tickets in the history.

    Nor the labels of a chat ticket before its message was read: a replay decides under those that it got by it.
    """
    ticket = replace(turn.ticket, status="processing", escalation_reason=None, updated_at=LONG_AGO, resolved_at=None)
    if ticket.source_channel != "web_form":
        ticket = replace(ticket, category="", priority="medium", labelled_by=None)
    history = tuple(line.partition(",")[0] for line in turn.history)
    return replace(turn, lease=None, owner_token=0, not_before=None, ticket=ticket, history=history)  # type: ignore[arg-type]


async def test_t4_a_stored_turn_is_the_one_that_the_agent_was_given(stored: Stored, pool: Pool) -> None:
    async with acquire(pool) as connection:
        decided = await stored_turns.decisions_between(connection, LONG_AGO, _later(), limit=1000)
        then = [await stored_turns.turn_as_opened(connection, one.record.inbox_id) for one in decided]
    given = {turn.inbox_id: turn for turn in stored.turns}
    last = given[decided[-1].record.inbox_id]

    assert len(decided) == TURNS
    assert [_comparable(with_recorded(turn, one.record)) for turn, one in zip(then, decided, strict=True) if turn] == [
        _comparable(given[one.record.inbox_id]) for one in decided
    ]
    assert [message.content for message in last.waiting] == list(CHAT[-1])
    assert (last.tier, len(last.earlier)) == (1, 2)


async def test_t4_the_server_refuses_writes_of_a_replay(stored: Stored) -> None:
    pool = await create_pool(stored.url, size=1, read_only=True)
    with pytest.raises(DatabaseUnavailableError, match="read-only"):
        async with acquire(pool) as connection:
            await connection.execute("DELETE FROM outbox")
    await pool.close()
