"""`nightdesk sizing`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from serve_app.embedded.base.errors import UserError

if TYPE_CHECKING:
    from serve_app.cli.sizing.plan import Assumptions, Costs

Read = TypeVar("Read")
PerDayOption = Annotated[int, typer.Option("--per-day", min=1, metavar="N", help="Messages a day.")]
CostsOption = Annotated[
    Path | None,
    typer.Option("--costs", metavar="FILE", help="What a message costs, as serve_app/cli/sizing/costs.json."),
]
PeakOption = Annotated[float, typer.Option("--peak", min=1, help="The busiest seconds over the day's mean.")]
PricesOption = Annotated[
    Path | None,
    typer.Option("--prices", metavar="FILE", help="What you pay, as serve_app/cli/sizing/prices.json."),
]
PageOption = Annotated[bool, typer.Option("--page", help="Print docs/sizing.md for three loads, and exit.")]


def sizing(
    per_day: PerDayOption = 1_000_000,
    costs: CostsOption = None,
    prices: PricesOption = None,
    peak: PeakOption = 5.0,
    page: PageOption = False,
) -> None:
    """Reckon replicas, database and dollars for a load from what a message was measured to cost."""
    from serve_app.cli.sizing.page import text
    from serve_app.cli.sizing.plan import COSTS, PRICES, Assumptions, Costs, Prices

    found = _loaded(Costs.load, costs or COSTS, COSTS)
    given = Assumptions(peak=peak, prices=_loaded(Prices.load, prices or PRICES, PRICES))
    if page:
        print(text(found, given), end="")
        return
    _show(per_day, found, given)


def _loaded(load: Callable[[Path], Read], file: Path, like: Path) -> Read:
    try:
        return load(file)
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"{file}: {error}: expected the keys of {like.name}") from None


def _show(per_day: int, costs: Costs, given: Assumptions) -> None:
    from rich.console import Console
    from rich.table import Table

    from serve_app.cli.sizing.plan import limits, plan

    wanted = plan(per_day, costs, given)
    shown = Table("what", "how much", title=f"{per_day:,} messages a day", title_justify="left")
    shown.add_row("messages a second at the peak", f"{wanted.peak_s:,.1f}")
    for name, many in wanted.replicas.items():
        shown.add_row(f"replicas of {name}", f"{many:,}")
    shown.add_row("partitions", f"{wanted.partitions:,}")
    shown.add_row("connections to PostgreSQL", f"{wanted.connections:,}")
    shown.add_row("PostgreSQL's cores", f"{wanted.database_cores:,}")
    shown.add_row("log written at the peak", f"{wanted.wal_mb_s:,.1f} MB/s")
    shown.add_row("kept a day", f"{wanted.kept_gb_day:,.1f} GB")
    shown.add_row("dollars a month, a year's data kept", f"{wanted.dollars_month:,.0f}")
    console = Console()
    console.print(shown)
    first = limits(costs, given)[0]
    console.print(f"The first to end is {first.what}, at {first.per_day / 1e6:,.1f} million a day: {first.then}.")
