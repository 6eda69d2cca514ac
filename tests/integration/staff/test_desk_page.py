"""H10, H11: the desk's pages in a real browser (`web-form/e2e/desk.mjs`), over the real API and store."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

from tests.fixtures.office import Office
from tests.integration.api.serving import BOBS_KEY, STAFF_KEY, arguments, running

ROOT = Path(__file__).parents[3]
PASSAGE = """
    INSERT INTO knowledge_base (id, slug, title, category, content, source, content_hash, embedding_model, embedding)
    VALUES (gen_random_uuid(), 'reset', 'Reset a password', 'account_access', 'Choose Forgot password first.',
            'docs', 'x', 'minilm-l6-v2-int8-2', (SELECT array_agg(0.1)::vector FROM generate_series(1, 384)))"""


def node() -> str:
    """The Node that the pages were built with."""
    found = shutil.which("node", path=(ROOT / ".venv" / ".node").read_text().strip())
    assert found is not None, "run `make web` first"
    return found


async def test_h11_the_desk_is_worked_by_keyboard_and_by_two_at_once(office: Office, database_url: str) -> None:
    await office.store.execute(PASSAGE)
    for text in ("HANDOVER first", "HANDOVER second", "HANDOVER third"):
        await office.form(text)
    await office.form("How do I export a board?", approval=True)
    async with running(arguments(database_url)) as api:
        browser = await asyncio.create_subprocess_exec(
            node(), "e2e/desk.mjs", api.url, STAFF_KEY, BOBS_KEY,
            cwd=ROOT / "web-form", env=os.environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        assert browser.stdout is not None
        report = (await browser.stdout.read()).decode()
        assert await browser.wait() == 0, report
    done = await office.store.rows("SELECT actor, action FROM staff_actions ORDER BY created_at, id")
    assert [(row["actor"], row["action"]) for row in done] == [
        ("ann", "take_over"),
        ("ann", "reply"),
        ("ann", "release"),
        ("ann", "take_over"),
        ("ann", "reply"),
        ("bob", "reply"),
        ("ann", "approve"),
        ("ann", "resolve"),
    ]
    edited = await office.store.rows("SELECT body, metadata ->> 'draft' AS draft FROM outbox WHERE metadata ? 'draft'")
    assert [row["body"] for row in edited] == [f"{row['draft'].rstrip()} Ann was here." for row in edited]
