"""Reckons replicas, database and money from what a message costs; every factor is a field."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Self

from serve_app.nodes.connections import OTHERS
from serve_app.scaling import table
from serve_app.settings.settings import DB_POOL_SIZE

COSTS = Path(__file__).with_name("costs.json")
PRICES = Path(__file__).with_name("prices.json")
DAY_S = 86_400
MONTH_DAYS = 30
WITH_INGRESS = ("proxy",)
"""Parts that run in the pods of the ingress node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What a message costs: processor time by part, and what PostgreSQL and Kafka write and keep."""

    measured: str
    cpu_ms: Mapping[str, float]
    wal_kb: float
    rows_added: float
    rows_changed: float
    transactions: float
    kept_kb: float
    kafka_kb: float
    assumed: Sequence[str] = ()
    """Names of figures that nobody has measured."""

    @classmethod
    def load(cls, path: Path = COSTS) -> Self:
        """Read them. Raises OSError, ValueError, TypeError for a file that is none."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What is paid, in dollars, for a core and an hour, a GB of memory and an hour, a GB of disk and a month."""

    source: str
    see: Sequence[str] = ()
    """Where the prices stand."""
    core_hour: float
    gb_hour: float
    stored_gb_month: float

    @classmethod
    def load(cls, path: Path = PRICES) -> Self:
        """Read them. Raises OSError, ValueError, TypeError for a file that is none."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What was not measured. `peak`: the busiest seconds over the day's mean."""

    peak: float = 5.0
    load: float = 0.7
    """Of a replica's processor at the peak."""
    database_load: float = 0.6
    copies: int = 3
    """Of what PostgreSQL keeps: primary, standby, backup."""
    pod_gb: float = 2.0
    prices: Prices = field(default_factory=Prices.load)
    most_database_cores: int = 64
    most_connections: int = 2_000
    most_wal_mb_s: float = 200.0
    """That one primary writes and a standby follows."""
    most_tb: float = 16.0
    """That one server keeps and backs up within a night."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a load takes."""

    per_day: int
    peak_s: float
    replicas: Mapping[str, int]
    partitions: int
    connections: int
    database_cores: int
    rows_s: float
    transactions_s: float
    wal_mb_s: float
    kept_gb_day: float
    kept_tb_year: float
    kafka_gb: float
    dollars_month: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Where a part of the design ends: at so many messages a day, and what then."""

    what: str
    per_day: float
    then: str


def plan(per_day: int, costs: Costs, given: Assumptions) -> Plan:
    """Return what `per_day` messages take."""
    peak_s = per_day * given.peak / DAY_S
    replicas = {node.name: max(node.cluster.least, _replicas(node.name, peak_s, costs, given)) for node in table.NODES}
    database = max(2, ceil(peak_s * costs.cpu_ms["postgresql"] / 1000 / given.database_load))
    kept_gb = per_day * costs.kept_kb / 1024**2
    prices = given.prices
    cores, pods = sum(replicas.values()) + 1, sum(replicas.values()) + 1
    stores = 2 * database + 3
    running = (cores + stores) * prices.core_hour + (pods * given.pod_gb + 4 * stores) * prices.gb_hour
    return Plan(
        per_day=per_day,
        peak_s=peak_s,
        replicas=replicas,
        partitions=max(30, ceil(replicas["ingest"] / 30) * 30),
        connections=_connections(replicas),
        database_cores=database,
        rows_s=peak_s * (costs.rows_added + costs.rows_changed),
        transactions_s=peak_s * costs.transactions,
        wal_mb_s=peak_s * costs.wal_kb / 1024,
        kept_gb_day=kept_gb,
        kept_tb_year=kept_gb * 365 / 1024,
        kafka_gb=per_day * costs.kafka_kb / 1024**2,
        # The stores of a whole year: what is paid at its end.
        dollars_month=running * 24 * MONTH_DAYS + kept_gb * 365 * given.copies * prices.stored_gb_month,
    )


def limits(costs: Costs, given: Assumptions) -> list[Limit]:
    """Return where each part of the design ends, the first that ends first."""
    a_day = DAY_S / given.peak
    found = [
        Limit(
            what=f"{node.name}: its most replicas ({node.cluster.most})",
            per_day=a_day * node.cluster.most * given.load * 1000 / _cpu_ms(node.name, costs),
            then=f"raise `nodes.{node.name}.maxReplicas`; replicas share nothing",
        )
        for node in table.NODES
        if node.signal and _cpu_ms(node.name, costs)
    ]
    cores = given.most_database_cores * given.database_load
    found += [
        Limit(
            what=f"PostgreSQL's processors ({given.most_database_cores} cores, {given.database_load:.0%} busy)",
            per_day=a_day * cores * 1000 / costs.cpu_ms["postgresql"],
            then="several installations, each with a database and some of the customers",
        ),
        Limit(
            what=f"PostgreSQL's log ({given.most_wal_mb_s:g} MB/s)",
            per_day=a_day * given.most_wal_mb_s * 1024 / costs.wal_kb,
            then="several installations likewise",
        ),
        Limit(
            what=f"PostgreSQL's disk ({given.most_tb:g} TB after a year: what was said stays until it is erased)",
            per_day=given.most_tb * 1024**3 / 365 / costs.kept_kb,
            then="larger disks; finished conversations would have to move out, which is not built",
        ),
        Limit(
            what=f"PostgreSQL's connections ({given.most_connections:,})",
            per_day=_at_connections(costs, given),
            then="a smaller `DB_POOL_SIZE`",
        ),
    ]
    return sorted(found, key=lambda one: one.per_day)


def _cpu_ms(node: str, costs: Costs) -> float:
    parts = (node, *WITH_INGRESS) if node == "ingress" else (node,)
    return sum(costs.cpu_ms.get(part, 0.0) for part in parts)


def _replicas(node: str, peak_s: float, costs: Costs, given: Assumptions) -> int:
    return ceil(peak_s * _cpu_ms(node, costs) / 1000 / given.load)


def _connections(replicas: Mapping[str, int]) -> int:
    nodes = {node.name: node for node in table.NODES}
    opened = (
        many * (nodes[name].pools * DB_POOL_SIZE + nodes[name].more_connections) for name, many in replicas.items()
    )
    return OTHERS + sum(opened)


def _at_connections(costs: Costs, given: Assumptions) -> float:
    """Return at how many messages a day the replicas open all connections."""
    low, high = 1_000, 10**10
    while high - low > low // 1_000:
        middle = (low + high) // 2
        low, high = (
            (middle, high) if plan(middle, costs, given).connections <= given.most_connections else (low, middle)
        )
    return low
