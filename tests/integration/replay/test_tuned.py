"""Thresholds that a team applied hold in a replay until they are undone; the desk shows what decisions were worth."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from db import tuning
from db.ids import new_id
from db.pool import acquire, create_pool, transaction
from db.staff import outcomes
from db.staff.outcomes import Decided
from db.tuning import Name, Tuning
from embeddings.escalation import MODEL, EscalationModel
from evaluation.escalation.gate import Gate
from serve_app.cli.heads import training
from serve_app.cli.main import app
from tests.fixtures.production import CLOSED_HOURS, MESSAGES, TURNS, Stored, pretend
from tests.fixtures.waiting import eventually


class Commands:
    """The command line over the stored product; files are written where it works."""

    def __init__(self, folder: Path, product: Path) -> None:
        self.folder, self.product = folder, product

    def __call__(self, *arguments: str, file: str = "") -> tuple[int, str]:
        path = self.folder / "given.toml"
        path.write_text(file, encoding="utf-8")
        given = [str(path) if argument == "FILE" else argument for argument in arguments]
        result = CliRunner().invoke(app, [*given, "--data-dir", str(self.product)])
        return result.exit_code, result.output + str(result.exception or "")

    def moods(self, file: str = "") -> int:
        """Replay with a file; return how many of eight turns are handed over for their mood and were not."""
        out = self.folder / "out.json"
        code, printed = self(
            "replay", "--since", "1d", "--limit", "8", "--with", "FILE", "--json", str(out), file=file
        )  # fmt: skip
        assert code == 0, printed
        report: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return sum(case["after"]["reason"] == "negative_sentiment" for case in report["cases"])


@pytest.fixture
def commands(stored: Stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    monkeypatch.setenv("COLUMNS", "300")
    return Commands(tmp_path, pretend(tmp_path / "data", stored.url, support_hours=CLOSED_HOURS))


def test_an_applied_threshold_holds_until_it_is_undone_and_is_written_down(commands: Commands) -> None:
    assert commands.moods() == 0
    code, printed = commands("thresholds", "apply", "FILE", "--by", "Kim", file="MOOD_THRESHOLD = 1.0")
    try:
        assert code == 0, printed
        assert "Kim: mood as configured → 1  (given.toml)" in printed
        handed_over = commands.moods()
        assert handed_over > 0
        assert commands.moods("MOOD_THRESHOLD = 0.3") == 0
    finally:
        code, printed = commands("thresholds", "undo", "--by", "Lee")
    assert "Lee: mood 1 → as configured" in printed
    assert commands.moods() == 0
    _, printed = commands("thresholds", "list")
    assert [line.split()[3] for line in printed.splitlines()] == ["Lee:", "Kim:"]


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ("ESCALATION_THRESHOLDS = { request = 1.0 }", "direct requests would be missed, nothing was changed"),
        ("ESCALATION_THRESHOLDS = { nonsense = 0.5 }", "unknown escalation threshold 'nonsense'"),
        ("MOOD_THRESHOLD = 3", "expected a number from 0 to 1"),
        ("OPENAI_MODEL = 'x'", "OPENAI_MODEL is no threshold"),
        ("", "holds no threshold"),
    ],
)
def test_a_threshold_that_must_not_be_is_refused(commands: Commands, file: str, problem: str) -> None:
    _, before = commands("thresholds", "list")
    code, printed = commands("thresholds", "apply", "FILE", file=file)
    assert code == 1
    assert problem in printed
    assert commands("thresholds", "list")[1] == before


@pytest.fixture
def emptied(stored: Stored) -> Iterator[None]:
    """Leaves nothing tuned."""
    yield
    asyncio.run(_sql(stored.url, "TRUNCATE tuning_changes"))


@pytest.mark.usefixtures("emptied")
@pytest.mark.parametrize(
    ("name", "values", "problem", "command"),
    [
        ("escalation", ({"request": 1.0}, {"request": 0.5}), "direct requests would be missed", ("thresholds", "undo")),
        (
            "escalation_model",
            ({"model_id": "gone", "folder": "gone/escalation"}, None),
            "gone/escalation/escalation.onnx is not an escalation model",
            ("heads", "rollback", "escalation"),
        ),
    ],
)
def test_what_must_not_be_in_force_does_not_come_back_by_an_undo(
    commands: Commands,
    stored: Stored,
    name: Name,
    values: tuple[object, object],
    problem: str,
    command: tuple[str, ...],
) -> None:
    for value in values:
        asyncio.run(_change(stored.url, name, value))
    code, printed = commands(*command)
    assert code == 1
    assert problem in printed
    assert "Traceback" not in printed
    assert getattr(asyncio.run(_in_force(stored.url)), name) == (values[1] or None)


@pytest.mark.usefixtures("emptied")
def test_of_two_who_apply_at_once_neither_is_lost(commands: Commands, stored: Stored) -> None:
    async def both() -> tuple[int, str]:
        pool = await create_pool(stored.url, size=2)
        with ThreadPoolExecutor() as threads:
            async with transaction(pool) as first:
                await tuning.change(first, "escalation", {"legal.meaning": 0.4}, who="Kim")
                file = "ESCALATION_THRESHOLDS = { 'refund.meaning' = 0.4 }"
                second = threads.submit(commands, "thresholds", "apply", "FILE", file=file)
                async with acquire(pool) as looking:
                    await eventually(lambda: looking.fetchval(WAITING))
            done = await asyncio.wrap_future(second)
        await pool.close()
        return done

    code, printed = asyncio.run(both())
    assert code == 0, printed
    assert asyncio.run(_in_force(stored.url)).escalation == {"legal.meaning": 0.4, "refund.meaning": 0.4}


@pytest.mark.usefixtures("emptied")
def test_a_classifier_is_not_put_over_what_was_tuned_while_it_was_trained(
    commands: Commands, stored: Stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trained(_own: object, path: Path, **_: object) -> EscalationModel:
        asyncio.run(_change(stored.url, "escalation", {"legal.meaning": 0.4}))
        shutil.copy(MODEL, path)
        return EscalationModel.load(path)

    monkeypatch.setattr(training, "trained", trained)
    monkeypatch.setattr(Gate, "judge", lambda *_: [])
    rows = [{"text": text, "label": "none", "split": "test"} for text in map("Where is order {}?".format, range(30))]
    data = tmp_path / "own.jsonl"
    data.write_text("\n".join(map(json.dumps, [*rows, {"text": "Pay me back!", "label": "refund", "split": "train"}])))
    train = ("heads", "train", "escalation", "--data", str(data), "--models", str(tmp_path / "models"))
    code, printed = commands(*train)
    assert code == 1
    assert "escalation was tuned meanwhile, nothing was changed: do it again." in printed
    assert asyncio.run(_in_force(stored.url)).escalation_model is None


async def _change(url: str, name: Name, value: object) -> None:
    pool = await create_pool(url, size=1)
    async with transaction(pool) as connection:
        await tuning.change(connection, name, value, who="Kim")
    await pool.close()


async def _in_force(url: str) -> Tuning:
    pool = await create_pool(url, size=1)
    async with acquire(pool) as connection:
        found = await tuning.in_force(connection)
    await pool.close()
    return found


async def _sql(url: str, statement: str) -> None:
    pool = await create_pool(url, size=1)
    async with acquire(pool) as connection:
        await connection.execute(statement)
    await pool.close()


def test_the_desk_shows_whether_a_person_was_needed(stored: Stored) -> None:
    by_ticket = "SELECT t.id, t.conversation_id FROM tickets t WHERE t.number = $1"

    async def known() -> list[Decided]:
        pool = await create_pool(stored.url, size=1)
        async with acquire(pool) as connection:
            change = connection.transaction()
            await change.start()
            now = await connection.fetchval("SELECT now() - interval '1 day'")
            assert await outcomes.decided(connection, now) == []
            answered = await connection.fetchrow(by_ticket, stored.numbers[MESSAGES[0]])
            handed_over = await connection.fetchrow(by_ticket, stored.numbers[REFUND])
            await connection.execute(
                "INSERT INTO ticket_ratings (ticket_id, channel, good) VALUES ($1, 'web_form', false)", answered["id"]
            )
            await connection.execute(
                "INSERT INTO staff_actions (id, conversation_id, actor, action) VALUES ($1, $2, 'Kim', 'release')",
                new_id(),
                handed_over["conversation_id"],
            )
            found = await outcomes.decided(connection, now)
            await change.rollback()
        await pool.close()
        return found

    found = asyncio.run(known())
    assert sorted((one.outcome, one.reason, one.needed) for one in found) == [
        ("answered", None, True), ("escalated", "refund", False),
    ]  # fmt: skip
    assert all("sentiment" in one.scores for one in found)
    assert len(found) < TURNS


WAITING = "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'tuning_changes'::regclass AND NOT granted)"
REFUND = "I was charged twice, give me my money back."
