"""Every statement reads few rows of many: the plans over a store with a year's rows, scaled down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from tests.fixtures.scaled_store import (
    SMALL_TABLES,
    all_statements,
    generic_plan,
    large_scans,
    scaled_database_url,
    table_costs,
)

__all__ = ["scaled_database_url"]

READS_A_SPAN = {"db/measurement/metrics.sql window", "db/shadow.sql drop_late"}
"""Statements that read the rows of some minutes through an index; the planner, which does not know how many minutes,
reckons with a third of the table."""
UNINDEXED_KEYS = """
    SELECT conrelid::regclass::text || '.' || attname FROM pg_constraint
    JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
    WHERE contype = 'f' AND conrelid::regclass::text <> ALL ($1::text[]) AND NOT EXISTS (
        SELECT FROM pg_index WHERE indrelid = conrelid AND indkey[0] = conkey[1]
        AND (indpred IS NULL OR pg_get_expr(indpred, indrelid) = '(' || attname || ' IS NOT NULL)'))"""
OLD_HISTORY = """
    SELECT ticket_id FROM identity_evidence e
    WHERE e.kind = 'claimed' AND e.type = 'phone' AND 'whatsapp:' || e.value = $1
      AND e.recorded_at >= $2::timestamptz"""


def ask(dsn: str, work: Callable[[asyncpg.Connection[asyncpg.Record]], Awaitable[Any]]) -> Any:
    """Do some work on a connection."""

    async def once() -> Any:
        connection = await asyncpg.connect(dsn)
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(once())


def test_the_store_has_rows_in_every_table_that_grows(scaled_database_url: str) -> None:
    query = """SELECT relname FROM pg_class
               WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
                 AND reltuples < 1000 ORDER BY 1"""
    empty = {row["relname"] for row in ask(scaled_database_url, lambda c: c.fetch(query))}
    assert empty <= set(SMALL_TABLES), "fill the new table in scaled_store.sql, or say why it stays small"


def test_no_statement_reads_much_of_a_growing_table(scaled_database_url: str) -> None:
    checked = [s for s in all_statements() if s.is_query and not s.is_report and s.name not in READS_A_SPAN]

    async def plans(connection: asyncpg.Connection[asyncpg.Record]) -> dict[str, list[str]]:
        costs = await table_costs(connection)
        return {s.name: large_scans(await generic_plan(connection, s.text), costs) for s in checked}

    found = ask(scaled_database_url, plans)
    assert len(found) > 150
    assert {name: scans for name, scans in found.items() if scans} == {}


@pytest.mark.parametrize(
    ("text", "scans"),
    [
        ("SELECT id FROM events WHERE headers ? $1", ["Seq Scan of events"]),
        ("SELECT id FROM messages ORDER BY content LIMIT $1", ["Seq Scan of messages"]),
        (OLD_HISTORY, ["Bitmap Heap Scan of identity_evidence"]),
        ("SELECT id FROM messages WHERE conversation_id = $1", []),
    ],
)
def test_the_check_finds_large_scans(scaled_database_url: str, text: str, scans: list[str]) -> None:
    async def found(connection: asyncpg.Connection[asyncpg.Record]) -> list[str]:
        return large_scans(await generic_plan(connection, text), await table_costs(connection))

    assert ask(scaled_database_url, found) == scans


def test_a_deletion_finds_what_refers_to_its_row_by_an_index(module_database_url: str) -> None:
    assert [row[0] for row in ask(module_database_url, lambda c: c.fetch(UNINDEXED_KEYS, [*SMALL_TABLES]))] == []
