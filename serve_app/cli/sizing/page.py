"""Writes plans as Markdown: docs/sizing.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from serve_app.cli.sizing.plan import Assumptions, Costs, Limit, Plan, limits, plan

LOADS = (10_000, 1_000_000, 100_000_000)
_HEAD = """# Sizing

On paper: reckoned by `nightdesk sizing --page` from what a message was measured to cost, in
`serve_app/cli/sizing/costs.json` ({measured}); a test holds this page current. Measure your own machine with
`nightdesk bench pipeline --messages 4000 --costs FILE`, and reckon with it by `nightdesk sizing --costs FILE`;
`--per-day N` is another load, `--prices FILE` what you pay (as `serve_app/cli/sizing/prices.json`). Nothing was run at
these loads, and what a remote language model costs comes on top.

## What a message costs

| | |
|---|---|
"""
_ASSUMED = """
## What is assumed

The busiest seconds bring {peak:g} times the day's mean. Replicas are {load:.0%} busy then, PostgreSQL
{database_load:.0%}. What PostgreSQL keeps lies on {copies} disks (primary, standby, backup). A pod has {pod_gb:g} GB
and a core. Kafka has three brokers of a core each.

${prices.core_hour:g} a core and hour, ${prices.gb_hour:g} a GB of memory and hour, ${prices.stored_gb_month:g} a GB of
disk and month: {prices.source}
({see}).
"""
_END = """
Replicas and partitions are numbers in `values.yaml`. What can't be raised is the one primary of PostgreSQL: it has
customers, leases and turns. Reports and the desk could read from a standby, which takes nothing off what a message
writes. Beyond it: a customer is found by their address alone, so installations side by side, each for some of the
addresses (a mailbox, a number, a form each), need nothing of each other. That is not built.
"""


def text(costs: Costs, given: Assumptions) -> str:
    """Return the page."""
    plans = [plan(load, costs, given) for load in LOADS]
    facts = {name: getattr(given, name) for name in Assumptions.__slots__}
    lines = [
        *_costs(costs),
        _ASSUMED.format(**facts, see=", ".join(given.prices.see)),
        *_plans(plans),
        *_limits(limits(costs, given)),
    ]
    return _HEAD.format(measured=costs.measured) + "\n".join(lines) + "\n" + _END


def _costs(costs: Costs) -> Iterator[str]:
    parts = sorted(costs.cpu_ms.items(), key=lambda one: -one[1])
    yield f"| processor | {sum(costs.cpu_ms.values()):.0f} ms: {', '.join(f'{part} {ms:g}' for part, ms in parts)} |"
    rows = f"{costs.rows_added:g} added, {costs.rows_changed:g} changed"
    yield f"| rows in PostgreSQL | {rows}, in {costs.transactions:g} transactions |"
    yield f"| PostgreSQL's log | {costs.wal_kb:g} kB |"
    yield f"| kept for good, indexes included | {costs.kept_kb:g} kB |"
    yield f"| in Kafka for a day | {costs.kafka_kb:g} kB{' (assumed)' * ('kafka_kb' in costs.assumed)} |"


def _plans(plans: Sequence[Plan]) -> Iterator[str]:
    yield "## What a day takes"
    yield ""
    yield f"| messages a day | {' | '.join(f'{one.per_day:,}' for one in plans)} |"
    yield "|---|" + "---|" * len(plans)
    rows = {
        "messages a second at the peak": [f"{one.peak_s:,.1f}" for one in plans],
        **{f"replicas of {name}": [f"{one.replicas[name]:,}" for one in plans] for name in plans[0].replicas},
        "partitions of `fte.tickets.incoming`": [f"{one.partitions:,}" for one in plans],
        "connections to PostgreSQL": [f"{one.connections:,}" for one in plans],
        "PostgreSQL's cores": [f"{one.database_cores:,}" for one in plans],
        "rows written a second at the peak": [f"{one.rows_s:,.0f}" for one in plans],
        "transactions a second at the peak": [f"{one.transactions_s:,.0f}" for one in plans],
        "log written at the peak, MB/s": [f"{one.wal_mb_s:,.1f}" for one in plans],
        "kept a day, GB": [f"{one.kept_gb_day:,.1f}" for one in plans],
        "kept after a year, TB": [f"{one.kept_tb_year:,.2f}" for one in plans],
        "in Kafka, GB (a copy)": [f"{one.kafka_gb:,.1f}" for one in plans],
        "dollars a month, a year's data kept": [f"{one.dollars_month:,.0f}" for one in plans],
    }
    for name, cells in rows.items():
        yield f"| {name} | {' | '.join(cells)} |"
    yield ""


def _limits(found: Sequence[Limit]) -> Iterator[str]:
    yield "## Where it ends first, and what then"
    yield ""
    yield "| what ends | at messages a day | what then |"
    yield "|---|---|---|"
    for one in found:
        yield f"| {one.what} | {one.per_day / 1e6:,.1f} million | {one.then} |"
