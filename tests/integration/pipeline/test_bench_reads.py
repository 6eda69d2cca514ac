"""What `nightdesk bench kills` reads from the store: whose customers are there, who was answered, and in which form."""

from __future__ import annotations

from db.measurement import bench_reads
from db.outbound import channel_configs
from db.pool import acquire
from evaluation.benchmarks.kills_report import malformed
from tests.fixtures.store import Store

KEY, ADDRESS = "load-0a1b2c-0", "load-0a1b2c@example.com"


async def test_t3_a_form_is_answered_once_its_reply_can_be_read(store: Store) -> None:
    wake = await store.form("How do I reset my password?", email=ADDRESS, key=KEY)
    async with acquire(store.pool) as connection:
        assert await bench_reads.count_answered(connection, [KEY]) == 0
        assert await bench_reads.replies(connection, [KEY]) == []
    await store.pipeline().handle(wake)
    async with acquire(store.pool) as connection:
        assert await bench_reads.count_answered(connection, [KEY]) == 1
        assert await bench_reads.count_answered(connection, ["another"]) == 0
        [reply] = await bench_reads.replies(connection, [KEY])
        configs = await channel_configs.list_all(connection)
    assert (reply.channel, reply.number) == ("web_form", store.numbers[0])
    # The scripted agent answers without the channel's template.
    assert malformed([reply], configs)[0].startswith(f"web_form {reply.number}: is not in the channel's template")


async def test_customers_of_benchmarks_are_told_from_others(store: Store) -> None:
    await store.form("How do I reset my password?", email=ADDRESS)
    async with acquire(store.pool) as connection:
        assert await bench_reads.count_other_customers(connection) == 0
    await store.form("How do I reset my password?", email="ann@example.com")
    async with acquire(store.pool) as connection:
        assert await bench_reads.count_other_customers(connection) == 1
