"""T4 by its command: another prompt, model, threshold or document, over a database that stays exactly as it was."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from deployments.agent.prompt import PROMPT
from evaluation.providers.serving import serve_in_thread
from serve_app.cli.main import app
from serve_app.embedded.base import run_file
from serve_app.embedded.base.data_dir import DataDir
from tests.fakes.openai_server import OpenAIServer
from tests.fixtures.production import CLOSED_HOURS, DOCS, EDITED, MESSAGES, TURNS, Stored, pretend


async def _checksums(url: str) -> dict[str, str]:
    """A sum over all rows of each table, and where each sequence stands."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch(
            "SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        )
        sums = {}
        for name, kind in tables:
            if kind == b"r":
                query = f"SELECT count(*) || ':' || md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {name} t"
            elif kind == b"S":
                query = f"SELECT last_value || ':' || is_called FROM {name}"
            else:
                continue
            sums[name] = await connection.fetchval(query)
    finally:
        await connection.close()
    return sums


class Replaying:
    """The command with a settings file of its own; returns what it printed and reported."""

    def __init__(self, stored: Stored, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        monkeypatch.setenv("DATABASE_URL", stored.url)
        monkeypatch.setenv("SUPPORT_HOURS", CLOSED_HOURS)
        monkeypatch.setenv("COLUMNS", "300")

    def __call__(self, settings: str, *options: str) -> tuple[int, str, dict[str, Any]]:
        tried, out = self._folder / "settings.toml", self._folder / "out.json"
        tried.write_text(settings, encoding="utf-8")
        arguments = ["replay", "--since", "1d", "--with", str(tried), "--json", str(out), *options]
        result = CliRunner().invoke(app, arguments)
        report = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
        return result.exit_code, result.output + str(result.exception or ""), report


@pytest.fixture
def replaying(stored: Stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Replaying:
    return Replaying(stored, tmp_path, monkeypatch)


def test_t4_nothing_changes_without_changes_and_nothing_is_written(stored: Stored, replaying: Replaying) -> None:
    before = asyncio.run(_checksums(stored.url))
    code, printed, report = replaying("")

    assert code == 0, printed
    same = TURNS - EDITED
    assert (report["turns"], report["replayed"], report["unchanged"], report["cases"]) == (TURNS, same, same, [])
    assert f"{same} turns replayed: {same} unchanged, 0 changed" in printed
    assert f"not replayed, its draft was edited by a person: {EDITED}" in printed
    assert "settings that the file leaves alone: of this shell's environment" in printed
    assert before["decision_records"].startswith(f"{TURNS}:")
    assert asyncio.run(_checksums(stored.url)) == before


@pytest.mark.parametrize("how", ["by its directory", "by its database"])
def test_t4_settings_missing_from_the_file_are_the_running_products(
    stored: Stored, replaying: Replaying, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    product = pretend(tmp_path / "data", stored.url, support_hours=CLOSED_HOURS)
    monkeypatch.setenv("SUPPORT_HOURS", "Mon-Sun 00:00-24:00")
    monkeypatch.setenv("AGENT_MODE", "off")
    monkeypatch.setenv("ESCALATION_THRESHOLDS", '{"legal.meaning": 0.0}')
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("NIGHTDESK_DATA_DIR", str(product))
    code, printed, report = replaying("", *(("--data-dir", str(product)) if how == "by its directory" else ()))

    assert code == 0, printed
    assert report["cases"] == []
    assert f"settings that the file leaves alone: of the product on {product}" in printed


def test_t4_a_threshold_of_the_file_keeps_the_products_other_thresholds(
    stored: Stored, replaying: Replaying, tmp_path: Path
) -> None:
    thresholds = {"legal.meaning": 0.0}
    product = pretend(tmp_path / "data", stored.url, support_hours=CLOSED_HOURS, escalation_thresholds=thresholds)
    tried = "[ESCALATION_THRESHOLDS]\n'refund.meaning' = 0.5"
    _, _, report = replaying(tried, "--limit", "8", "--data-dir", str(product))

    assert {case["after"]["reason"] for case in report["cases"]} == {"legal"}


def test_t4_a_product_of_an_older_version_is_to_be_restarted(
    stored: Stored, replaying: Replaying, tmp_path: Path
) -> None:
    data_dir = DataDir(pretend(tmp_path / "data", stored.url))
    run_file.save(data_dir, replace(run_file.load(data_dir), settings=None))
    code, printed, _ = replaying("", "--data-dir", str(data_dir.path))

    assert code == 1
    assert "did not keep its settings: restart it with `nightdesk down` and `nightdesk up`" in printed


def test_t4_another_relevance_threshold_hands_over_what_was_answered(stored: Stored, replaying: Replaying) -> None:
    before = asyncio.run(_checksums(stored.url))
    _, printed, report = replaying("RELEVANCE_THRESHOLD = 1.0\nASK_FROM = 1.0", "--limit", "8")

    moved = {(move["before"], move["after"]): move["turns"] for move in report["moves"]}
    assert moved == {("answered", "escalated (no_kb_match)"): report["changed"]}
    case = next(case for case in report["cases"] if case["ticket"] == stored.numbers[MESSAGES[0]])
    assert case["before"]["outcome"] == "answered"
    assert case["after"]["reason"] == "no_kb_match"
    assert "text" in case["changed"]
    assert "answered → escalated (no_kb_match)" in printed
    assert re.search(r"reason +None → no_kb_match", printed)
    assert asyncio.run(_checksums(stored.url)) == before


def test_t4_another_escalation_threshold_shows_who_would_be_handed_over(replaying: Replaying) -> None:
    _, _, report = replaying("[ESCALATION_THRESHOLDS]\n'legal.meaning' = 0.0", "--limit", "8")

    assert report["changed"] > 0
    assert {case["after"]["reason"] for case in report["cases"]} == {"legal"}


def test_t4_another_document_changes_passages_and_text(stored: Stored, replaying: Replaying, tmp_path: Path) -> None:
    docs = DOCS.read_text(encoding="utf-8")
    (tmp_path / "docs.md").write_text(docs, encoding="utf-8")
    _, _, same = replaying("PRODUCT_DOCS = 'docs.md'", "--limit", "6")
    area = docs[docs.index("## Account and access") : docs.index("## Features")]
    section = re.search(r"^### Reset a forgotten password\n.*?(?=^##)", area, re.MULTILINE | re.DOTALL)
    assert section is not None
    (tmp_path / "docs.md").write_text(area.replace(section.group(), ""), encoding="utf-8")
    before = asyncio.run(_checksums(stored.url))
    _, printed, without = replaying("PRODUCT_DOCS = 'docs.md'", "--limit", "6")

    assert same["changed"] == 0
    case = next(case for case in without["cases"] if case["ticket"] == stored.numbers[MESSAGES[0]])
    assert "reset-a-forgotten-password" in case["before"]["passages"]
    assert "reset-a-forgotten-password" not in case["after"]["passages"]
    assert "reset-a-forgotten-password" in printed
    assert asyncio.run(_checksums(stored.url)) == before


def test_t4_another_prompt_goes_to_another_model_and_its_drafts_are_compared(
    stored: Stored, replaying: Replaying, tmp_path: Path
) -> None:
    shipped = PROMPT.read_text(encoding="utf-8")
    (tmp_path / "prompt.md").write_text(shipped.replace("# Purpose", "# Purpose (tried)"), encoding="utf-8")
    server = OpenAIServer()
    before = asyncio.run(_checksums(stored.url))
    with serve_in_thread(server.app) as url:
        settings = f"OPENAI_BASE_URL = '{url}/v1'\nOPENAI_API_KEY = 'sk-test'\nPROMPT = 'prompt.md'\n"
        _, printed, report = replaying(settings, "--limit", "3")

    assert report["turns"] == 3
    assert server.requests
    assert all(request.body["model"] == "gpt-4o" and "# Purpose (tried)" in request.text for request in server.requests)
    assert "Authorization" not in printed
    assert asyncio.run(_checksums(stored.url)) == before


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("NOTIFY_URLS = 'x'", "NOTIFY_URLS can't be tried"),
        ("PROMPT = 'nowhere.md'", "which is no file"),
        ("RELEVANCE_THRESHOLD = 7", "expected a number from 0 to 1"),
        ("= 1", "is not TOML"),
        ("ESCALATION_THRESHOLDS = { nonsense = 0.5 }", "unknown escalation threshold"),
    ],
)
def test_t4_a_wrong_settings_file_is_one_line(replaying: Replaying, settings: str, message: str) -> None:
    code, printed, report = replaying(settings)

    assert (code, report) == (1, {})
    assert message in printed
