"""`ApiDeps`: what the handlers work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from db.pool import Pool
from deployments.ingress_node import IngressParts
from serve_app.api.base.auth import StaffKeys
from serve_app.settings.app_args import AppArgs
from serve_app.settings.channels import GmailArgs, TwilioArgs
from serve_app.settings.model import ModelPrice
from serve_app.settings.values import RateLimit

LOOKUPS = RateLimit(hits=120, seconds=60)


def utc_now() -> datetime:
    """Return the current time, aware."""
    return datetime.now(UTC)


class Relay(Protocol):
    """Sends committed events to Kafka in the background."""

    @property
    def connected(self) -> bool:
        """True while the broker takes records."""

    @property
    def detail(self) -> str:
        """The connection's state in words."""

    def wake(self) -> None:
        """Publish an event that was just committed without delay; returns at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDeps:
    """What the handlers work with. `form_rate` None: forms are not limited.

    `public_base_url` is where customers and providers reach the product; Twilio signs over it.
    `trusted_proxies` lists addresses or networks, separated by commas, whose X-Forwarded-For is believed.
    `close` is awaited when the server shuts down.
    """

    pool: Pool
    relay: Relay
    secret_key: str
    staff: StaffKeys
    version: str
    form_rate: RateLimit | None
    public_base_url: str
    gmail: GmailArgs
    twilio: TwilioArgs
    demo_channels_url: str | None
    prices: Mapping[str, ModelPrice]
    lookup_rate: RateLimit = LOOKUPS
    enabled_channels: tuple[str, ...]
    cors_origins: tuple[str, ...]
    trusted_proxies: str
    close: Callable[[], Awaitable[None]]
    clock: Callable[[], datetime] = utc_now


def api_deps(args: AppArgs, parts: IngressParts, *, version: str) -> ApiDeps:
    """Build them from the graph's arguments and the ingress node's parts. Raises ValueError for an empty staff key."""
    keys = args.staff_api_key.get_secret_value() if args.staff_api_key else None
    operator_token = args.operator_token.get_secret_value() if args.operator_token else None
    return ApiDeps(
        pool=parts.pool,
        relay=parts.relay,
        secret_key=args.secret_key.get_secret_value(),
        staff=StaffKeys.parse(keys, bound_to_loopback=args.bound_to_loopback, operator_token=operator_token),
        version=version,
        form_rate=args.form_rate,
        public_base_url=args.public_base_url,
        gmail=args.gmail,
        twilio=args.twilio,
        prices=args.model.prices,
        demo_channels_url=args.demo_channels_url,
        enabled_channels=args.enabled_channels,
        cors_origins=args.cors_origins,
        trusted_proxies=args.trusted_proxies,
        close=parts.close,
    )
