"""What every node does when it starts."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

from db.ids import new_id
from db.operations.node_status import Status
from db.outbound.channel_configs import ChannelConfigs
from db.pool import Pool, create_pool
from deployments.channels.switches import ChannelSwitches
from deployments.runtime.heartbeat import Heartbeat
from serve_app.api.public.status_link import status_link
from serve_app.nodes.ray_metrics import export
from serve_app.settings.app_args import AppArgs
from serve_app.telemetry import configure_logging

STEP_ASIDE = 10
"""At 5 two analysing and answering nodes took as much of two cores as acceptance; Ray's own default is 15."""


def begin(args: AppArgs, node: str, *, steps_aside: bool = True) -> None:
    """Set up the node's log, metrics and traces. On one machine a node that `steps_aside` leaves the processor to the
    ingress: who waits for an acknowledgement goes before who waits for an answer. On a cluster each has its own."""
    configure_logging(args.log_level, node)
    export()
    if args.otlp_endpoint is not None:
        from serve_app.nodes.otlp import export_traces  # slow to import

        export_traces(args, args.otlp_endpoint, node)
    if args.embedded and steps_aside:
        os.nice(STEP_ASIDE)


async def open_pool(args: AppArgs, *, size: int | None = None) -> Pool:
    """Return a pool without a connection yet: a node comes up without its database and finds it at the first call."""
    return await create_pool(args.database_url, size=size or args.db_pool_size, min_size=0, stateless=True)


def _runs() -> tuple[Status, str]:
    return "healthy", ""


def start_heartbeat(pool: Pool, node: str, *, status: Callable[[], tuple[Status, str]] = _runs) -> Heartbeat:
    """Start the heartbeat of a replica, by which /health knows that it runs."""
    heartbeat = Heartbeat(pool=pool, node=node, replica=str(new_id()), status=status)
    heartbeat.start()
    return heartbeat


def links(args: AppArgs) -> partial[str]:
    """Return the function from a ticket's number to its status link."""
    return partial(status_link, args.public_base_url, args.secret_key.get_secret_value())


def switches(args: AppArgs, pool: Pool) -> ChannelSwitches:
    """Return the switches of the channels."""
    return ChannelSwitches(ChannelConfigs(pool), enabled=args.enabled_channels)
