"""Measures identity resolution: simulated people write on three channels, then the stored customers are compared.

Evidence is a mail whose DMARC check passed, a number that Twilio has signed, a form with an address that its writer has
proven, a link confirmed at both ends. It expires after half a year of silence. A shared mailbox is one correspondent,
since nothing distinguishes its readers.

`recall`        of all pairs of messages of one correspondent with evidence that they belong together, the share that
                is filed under one customer
`false_merges`  of all pairs of proven messages (mail, WhatsApp) that are filed under one customer, the share that two
                different correspondents wrote
`claims_joined` customers who hold proven messages of two correspondents because of something typed or forged; 0
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from db.measurement import identity_trial
from db.measurement.scratch import scratch_database
from db.pool import acquire, create_pool
from evaluation.identity import messy_people
from evaluation.identity.messy_traffic import Action, Traffic, Written, plan

AT_ONCE = 4
LISTED = 20
SILENT_DAYS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityFigures:
    """Shares in [0, 1], the pairs that they rest on, and the first misses in words."""

    people: int
    messages: int
    seed: int
    customers: int
    recall: float
    pairs_with_evidence: int
    false_merges: float
    proven_pairs_together: int
    claims_joined: int
    misses: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The figures as `--json` writes them."""
        return asdict(self)


async def measure_identity(dsn: str, *, people: int = 2_000, seed: int = 7) -> IdentityFigures:
    """Let so many people write into a database of its own beside `dsn` and return the figures.

    Raises ScratchRefusedError where the role may not create databases.
    """
    async with scratch_database(dsn) as scratch:
        pool = await create_pool(scratch, size=AT_ONCE + 2)
        try:
            traffic = Traffic(pool=pool)
            before, after = plan(messy_people.people(people, seed), seed)
            await _perform(traffic, before)
            async with acquire(pool) as connection:
                silent = [action.person.number for action in after if action.kind == "whatsapp"]
                await identity_trial.backdate_last_seen(connection, "whatsapp", silent, days=SILENT_DAYS)
            await _perform(traffic, after)
            async with acquire(pool) as connection:
                owners = await identity_trial.owners(connection)
        finally:
            await pool.close()
    return figures(traffic.written, owners, people=people, seed=seed)


def figures(written: Sequence[Written], owners: Mapping[str, UUID], *, people: int, seed: int) -> IdentityFigures:
    """Compare what was written by whom with where it was filed."""
    together, pairs, misses = 0, 0, []
    for party, keys in _by(written, evidence=True).items():
        homes = Counter(owners[key] for key in keys)
        together += sum(_pairs(n) for n in homes.values())
        pairs += _pairs(len(keys))
        if len(homes) > 1:
            misses.append(f"apart: {party} is {len(homes)} customers")
    mixed, same = 0, 0
    writers: dict[UUID, Counter[str]] = defaultdict(Counter)
    for message in written:
        if message.proven:
            writers[owners[message.key]][message.party] += 1
    for customer, parties in writers.items():
        own = sum(_pairs(n) for n in parties.values())
        same += _pairs(parties.total())
        mixed += _pairs(parties.total()) - own
        if len(parties) > 1:
            misses.append(f"together: {', '.join(sorted(parties))} in {customer}")
    return IdentityFigures(
        people=people,
        messages=len(written),
        seed=seed,
        customers=len(set(owners.values())),
        recall=together / pairs if pairs else 1.0,
        pairs_with_evidence=pairs,
        false_merges=mixed / same if same else 0.0,
        proven_pairs_together=same,
        claims_joined=sum(len(parties) > 1 for parties in writers.values()),
        misses=tuple(misses[:LISTED]),
    )


async def _perform(traffic: Traffic, actions: Sequence[Action]) -> None:
    """Do everything, several people at once, each person's own in order."""
    by_person: dict[int, list[Action]] = defaultdict(list)
    for action in actions:
        by_person[action.person.n].append(action)
    gate = asyncio.Semaphore(AT_ONCE)

    async def perform(own: list[Action]) -> None:
        async with gate:
            for action in own:
                await traffic.do(action)

    await asyncio.gather(*(perform(own) for own in by_person.values()))


def _by(written: Sequence[Written], *, evidence: bool) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for message in written:
        if message.evidence == evidence:
            found[message.party].append(message.key)
    return found


def _pairs(n: int) -> int:
    return n * (n - 1) // 2
