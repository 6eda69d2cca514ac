"""What every node does when it starts."""

from __future__ import annotations

import os
from functools import partial

from db.outbound.channel_configs import ChannelConfigs
from db.pool import Pool, create_pool
from deployments.channels.switches import ChannelSwitches
from serve_app.api.public.status_link import status_link
from serve_app.settings.app_args import AppArgs
from serve_app.telemetry import configure_logging

STEP_ASIDE = 5


def begin(args: AppArgs, node: str, *, steps_aside: bool = True) -> None:
    """Set up the node's log. On one machine a node that `steps_aside` leaves the processor to the ingress: who waits
    for an acknowledgement goes before who waits for an answer. On a cluster each has processors of its own."""
    configure_logging(args.log_level, node)
    if args.embedded and steps_aside:
        os.nice(STEP_ASIDE)


async def open_pool(args: AppArgs) -> Pool:
    """Return a pool without a connection yet: a node comes up without its database and finds it at the first call."""
    return await create_pool(args.database_url, size=args.db_pool_size, min_size=0)


def links(args: AppArgs) -> partial[str]:
    """Return the function from a ticket's number to its status link."""
    return partial(status_link, args.public_base_url, args.secret_key.get_secret_value())


def switches(args: AppArgs, pool: Pool) -> ChannelSwitches:
    """Return the switches of the channels."""
    return ChannelSwitches(ChannelConfigs(pool), enabled=args.enabled_channels)
