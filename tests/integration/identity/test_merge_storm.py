"""I1, I4: concurrent messages, merges and unmerges: nothing doubled, nothing lost, no deadlock."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from uuid import UUID

import pytest

from db.identity import merges
from db.identity.exclusive import CustomerBusyError
from db.identity.merges import AlreadyOneError, MergeNotLastError, NoSuchMergeError
from db.pool import acquire
from tests.fixtures.people import Store, accept, customer_of, mail, whatsapp
from tests.integration.identity.test_merges import misplaced_rows

MAILS = [f"m{n}@example.com" for n in range(3)]
NUMBERS = [f"+4917012345{n:02}" for n in range(3)]
KEYS = [f"email:{address}" for address in MAILS] + [f"whatsapp:{number}" for number in NUMBERS]


async def writer(store: Store, dice: random.Random, goes_on: Callable[[int], bool]) -> int:
    """Write as long as `goes_on(messages so far)`; returns how many messages that were."""
    written = 0
    while goes_on(written):
        match dice.randrange(3):
            case 0:
                await store.form("A form", email=dice.choice(MAILS), phone=dice.choice([None, *NUMBERS]))
            case 1:
                await accept(store, mail("A mail", dice.choice(MAILS), verified=dice.random() < 0.8))
            case _:
                await accept(store, whatsapp("A line", dice.choice(NUMBERS)))
        written += 1
    return written


async def merger(
    store: Store, dice: random.Random, made: list[UUID], done: asyncio.Event, counts: Counter[str]
) -> None:
    while not done.is_set():
        winner, loser = [await customer_of(store, key) for key in dice.sample(KEYS, 2)]
        async with acquire(store.pool) as connection:
            try:
                if made and dice.random() < 0.5:
                    await merges.undo(connection, dice.choice(made), actor="staff:bob")
                    counts["undone"] += 1
                else:
                    merge = await merges.merge(
                        connection, winner=winner, loser=loser, tier=3, actor="staff:ann", evidence="storm"
                    )
                    made.append(merge.id)
                    counts["merged"] += 1
            except (AlreadyOneError, MergeNotLastError, NoSuchMergeError) as error:
                counts[type(error).__name__] += 1
            except CustomerBusyError:
                counts["busy"] += 1
        await asyncio.sleep(0.01)


async def rage(
    store: Store, made: list[UUID], counts: Counter[str], *, needed: Counter[str], rounds: int, writers: int
) -> int:
    """Write from several sides while others merge and undo; returns how many messages were written.

    Each writer writes `rounds` messages, and goes on until the mergers have done what is `needed`: whom of them the
    machine lets run more often is no matter.
    """

    def goes_on(written: int) -> bool:
        return written < rounds or not needed <= counts

    done = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for n in range(2):
            tasks.create_task(merger(store, random.Random(n), made, done, counts))
        written = await asyncio.gather(*(writer(store, random.Random(100 + n), goes_on) for n in range(writers)))
        done.set()
    return sum(written)


async def storm(store: Store, *, rounds: int, writers: int, needed: Counter[str], within_s: float) -> Counter[str]:
    """Messages, merges and unmerges at the same time, then every merge taken back; returns what was done, by kind."""
    for address, number in zip(MAILS, NUMBERS, strict=True):
        await accept(store, mail("First", address))
        await accept(store, whatsapp("First", number))
    made, counts = list[UUID](), Counter[str]()
    try:
        async with asyncio.timeout(within_s):
            written = await rage(store, made, counts, needed=needed, rounds=rounds, writers=writers)
    except TimeoutError:
        pytest.fail(f"not {dict(needed)} within {within_s} s, but {dict(counts)}")
    assert await store.value("SELECT count(*) FROM inbox") == written + len(KEYS)
    await check(store)
    async with acquire(store.pool) as connection:
        for merge_id in reversed(made):
            try:
                await merges.undo(connection, merge_id, actor="staff:bob")
            except NoSuchMergeError:
                counts["undone before"] += 1
    await check(store)
    wrong = await store.rows(
        "SELECT c.sender_key, p.filing_key FROM conversations c JOIN customers p ON p.id = c.customer_id"
        " WHERE p.filing_key <> c.sender_key"
    )
    assert wrong == []
    return counts


async def check(store: Store) -> None:
    assert await misplaced_rows(store) == []
    assert await store.value("SELECT count(*) FROM customers") == len(KEYS)
    assert await store.value("SELECT count(*) FROM inbox WHERE message_id NOT IN (SELECT id FROM messages)") == 0
    doubled = "SELECT type, value FROM customer_identifiers WHERE tier > 0 GROUP BY 1, 2 HAVING count(*) > 1"
    assert await store.rows(doubled) == []
    assert await store.value("SELECT count(*) FROM customer_identifiers WHERE tier > 0") == len(KEYS)


async def test_i4_merges_in_a_storm_of_messages(store: Store) -> None:
    await storm(store, rounds=25, writers=5, needed=Counter(merged=4, undone=2), within_s=240)


@pytest.mark.full
async def test_i4_merges_in_a_long_storm(store: Store) -> None:
    counts = await storm(store, rounds=400, writers=6, needed=Counter(merged=11), within_s=3600)
    print(counts)
