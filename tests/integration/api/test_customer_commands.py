"""D7: `nightdesk customers export` and `erase`, by their own commands against a server."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.integration.api.serving import STAFF_KEY, Served

pytestmark = pytest.mark.asyncio(loop_scope="module")
Run: TypeAlias = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
def run(api: Served) -> Run:
    """Run `nightdesk customers ARGUMENTS --url U`: exit code, output, errors."""

    async def _run(*arguments: str, answer: str = "") -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "serve_app.cli.main", "customers", *arguments, "--url", api.url,
            env={"PATH": os.defpath, "OPERATOR_TOKEN": STAFF_KEY},
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate(answer.encode())
        return process.returncode or 0, out.decode(), err.decode()

    return _run


async def test_d7_export_by_address_then_erase_by_address(api: Served, run: Run, tmp_path: Path) -> None:
    await api.submit()
    file = tmp_path / "ada.json"
    code, out, err = await run("export", "ada@example.com", "--out", str(file))
    assert (code, out) == (0, f"1 messages and 1 tickets are in {file}\n"), err
    assert json.loads(file.read_text())["customers"][0]["name"] == "Ada Lovelace"
    assert file.stat().st_mode & 0o077 == 0
    code, out, err = await run("erase", "ada@example.com", "--yes")
    assert code == 0, err
    assert out.startswith("1 customers, 1 identifiers, 1 conversations, 1 tickets, 1 messages")
    assert await api.pool.fetchval("SELECT count(*) FROM customers") == 0
    noted = await api.pool.fetch("SELECT actor, action FROM privacy_actions ORDER BY at, id")
    assert [tuple(row) for row in noted] == [("ann", "export"), ("ann", "erase")]


async def test_d7_an_erasure_asks_for_confirmation(api: Served, run: Run) -> None:
    await api.submit()
    code, _, err = await run("erase", "ada@example.com", answer="n\n")
    assert (code, err) == (1, "error: nothing was erased.\n")
    assert await api.pool.fetchval("SELECT count(*) FROM customers") == 1


async def test_d7_a_file_that_exists_is_not_overwritten(api: Served, run: Run, tmp_path: Path) -> None:
    await api.submit()
    file = tmp_path / "kept.json"
    file.write_text("kept")
    code, _, err = await run("export", "ada@example.com", "--out", str(file))
    assert (code, file.read_text()) == (1, "kept")
    assert err.startswith(f"error: {file} can't be written")


@pytest.mark.parametrize("who", ["nobody@example.com", "+4915100000000", "0" * 32])
async def test_d7_an_unknown_customer_is_one_line(run: Run, who: str) -> None:
    code, out, err = await run("export", who)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("error: ")
