"""`nightdesk serve-config`: what Ray Serve is told of the graph, for a cluster or for this machine."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from serve_app.scaling.table import Scaled
    from serve_app.settings.settings import Settings

ClusterOption = Annotated[
    bool, typer.Option("--cluster", help="Bounds, processors and resources of a cluster with a worker group a node.")
]
BoundsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--bounds", metavar="NODE=LEAST:MOST", help="Replicas of a node, over SCALING_BOUNDS. May be repeated."
    ),
]
ConnectionsOption = Annotated[
    int | None,
    typer.Option(
        "--max-connections", min=1, metavar="N", help="PostgreSQL's max_connections. Default: asked of DATABASE_URL."
    ),
]
RESERVED = 3
"""Connections that PostgreSQL keeps for superusers, unless set otherwise."""


def serve_config(
    cluster: ClusterOption = False, bounds: BoundsOption = None, max_connections: ConnectionsOption = None
) -> None:
    """Print `serveConfigV2` as YAML, from the same table that `nightdesk up` uses.

    Fails when bounds can't hold, when there are fewer partitions (KAFKA_PARTITIONS) than ingest replicas, when the
    replicas' pools (DB_POOL_SIZE) need more connections than there are, or when Ray knows no such option.
    """
    import yaml

    from serve_app.cli.serve_config.document import check, document
    from serve_app.scaling import table
    from serve_app.settings.settings import load_settings

    settings = load_settings()
    defaults = table.cluster() if cluster else table.small(os.cpu_count() or 1)
    nodes = table.scaled(defaults, settings.scaling_bounds | dict(map(_bounds, bounds or [])))
    table.require_partitions(nodes, settings.kafka_partitions)
    _require_connections(nodes, settings, max_connections)
    config = document(nodes, on_cluster=cluster, log_level=settings.log_level)
    check(config)
    yaml.safe_dump(config, sys.stdout, sort_keys=False)


def _bounds(text: str) -> tuple[str, tuple[int, int]]:
    node, _, range_ = text.partition("=")
    least, _, most = range_.partition(":")
    try:
        return node, (int(least), int(most))
    except ValueError:
        raise typer.BadParameter(f"{text!r}: expected such as agent=3:30", param_hint="--bounds") from None


def _require_connections(nodes: Sequence[Scaled], settings: Settings, max_connections: int | None) -> None:
    from db.operations.connection_limit import ConnectionLimit
    from serve_app.nodes.connections import OTHERS, connections, require_room, too_many
    from serve_app.settings.settings import SettingsError

    opened = connections(nodes)
    if max_connections is not None:
        limit = ConnectionLimit(all_in_all=max_connections, reserved=RESERVED)
        if problem := too_many(opened, limit, pool_size=settings.db_pool_size):
            raise SettingsError(problem)
    elif settings.database_url:
        require_room(settings.database_url, opened, pool_size=settings.db_pool_size)
    else:
        needed = sum(node.total(settings.db_pool_size) for node in opened) + OTHERS
        print(f"note: these bounds need {needed} connections to PostgreSQL; nothing was asked.", file=sys.stderr)
