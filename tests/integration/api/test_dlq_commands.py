"""H11, K4: `nightdesk dlq` by its own commands against a server."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from tests.integration.api.serving import Served, arguments, running

Run: TypeAlias = Callable[..., Awaitable[tuple[int, str, str]]]
OPERATORS = "operators-of-this-test"


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Served]:
    """A server with the operator key of the commands, as `up` starts it."""
    async with running(arguments(database_url, operator_token=SecretStr(OPERATORS))) as served:
        yield served


@pytest.fixture
def run(served: Served) -> Run:
    """Run `nightdesk dlq ARGUMENTS --url U`: exit code, output, errors."""

    async def _run(*arguments: str, key: str = OPERATORS) -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "serve_app.cli.main", "dlq", *arguments, "--url", served.url,
            env={"PATH": os.defpath, "OPERATOR_TOKEN": key},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()

    return _run


async def dead(served: Served, count: int) -> list[UUID]:
    """So many messages that failed for good, each in a ticket of its own; the letters come back newest first."""
    for n in range(count):
        await served.submit(message=f"Question number {n}, please")
    await served.pool.execute("UPDATE inbox SET state = 'dead', finished_at = now()")
    rows = await served.pool.fetch(
        "INSERT INTO dead_letters (id, inbox_id, topic, value, cause, created_at)"
        " SELECT gen_random_uuid(), id, 'inbox', 'x', 'it failed', received_at FROM inbox RETURNING id, created_at"
    )
    return [row["id"] for row in sorted(rows, key=lambda row: row["created_at"], reverse=True)]


async def close_ticket_of(served: Served, letter: UUID) -> None:
    """Take over and close the conversation of one letter's ticket."""
    for status in ("escalated", "closed"):
        await served.pool.execute(
            "UPDATE tickets t SET status = $2, moved_by = 'staff' FROM dead_letters d JOIN inbox i ON i.id = d.inbox_id"
            " WHERE d.id = $1 AND t.id = i.ticket_id",
            letter,
            status,
        )


async def test_k4_replay_all_continues_after_a_letter_of_a_closed_ticket(served: Served, run: Run) -> None:
    newest, middle, oldest = await dead(served, 3)
    await close_ticket_of(served, newest)
    code, out, err = await run("replay", "--all")
    lines = out.splitlines()
    assert (code, err) == (1, "error: 1 of 3 could not be replayed: the reasons stand above.\n")
    assert lines[0].startswith(f"not replayed {newest}: The ticket of this message is closed for good")
    assert lines[1:] == [f"replayed {middle}", f"replayed {oldest}"]
    states = await served.pool.fetch("SELECT id, state, replayed_by FROM dead_letters ORDER BY created_at DESC")
    assert [tuple(row) for row in states] == [
        (newest, "dead", None),
        (middle, "replayed", "operator"),
        (oldest, "replayed", "operator"),
    ]
    assert await served.pool.fetchval("SELECT count(*) FROM inbox WHERE state = 'waiting'") == 2
    assert (await run("replay", "--all"))[0] == 1


async def test_k4_replay_all_exits_0_also_without_letters(served: Served, run: Run) -> None:
    letters = await dead(served, 2)
    replayed = "".join(f"replayed {letter}\n" for letter in letters)
    assert await run("replay", "--all") == (0, f"{replayed}all 2 replayed\n", "")
    assert await run("replay", "--all") == (0, "nothing to replay\n", "")


async def test_k4_replay_of_named_letters_continues_after_a_failure(served: Served, run: Run) -> None:
    [letter], unknown = await dead(served, 1), uuid4()
    code, out, err = await run("replay", str(unknown), str(letter), str(letter))
    assert (code, err) == (1, "error: 2 of 3 could not be replayed: the reasons stand above.\n")
    assert out.splitlines() == [
        f"not replayed {unknown}: There is no such dead letter (HTTP 404)",
        f"replayed {letter}",
        f"not replayed {letter}: This letter was replayed before (HTTP 409)",
    ]


async def test_k4_an_error_common_to_all_letters_is_printed_once(served: Served, run: Run) -> None:
    letters = await dead(served, 2)
    code, out, err = await run("replay", *map(str, letters), key="a-wrong-key-of-some-length")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "needs a staff key" in err


async def test_h11_list_and_show_name_the_actor_of_a_replay(served: Served, run: Run) -> None:
    [letter] = await dead(served, 1)
    assert "replayed by" not in (await run("list"))[1]
    assert (await run("replay", str(letter)))[0] == 0
    assert (await run("list", "--replayed"))[1].splitlines()[0].endswith("it failed, replayed by operator")
    assert json.loads((await run("show", str(letter)))[1])["replayed_by"] == "operator"
