"""`ApiDeps`: what the handlers work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from db.outbound.channel_configs import ChannelConfigs
from db.pool import Pool
from deployments.channels.switches import ChannelSwitches
from deployments.ingress_node import IngressParts
from deployments.learning.finder import Embedder
from deployments.rules.company import Company
from deployments.runtime.heartbeat import SILENT_S
from deployments.turns.requested_drafts import Analyser, DraftingAgent
from ingest.file_folder import FileFolder
from ingest.form_files import FileRules
from serve_app.api.base.auth import OPERATOR, StaffKeys
from serve_app.api.base.routes import PREFIX
from serve_app.api.base.staff_access import FAILED_KEYS, FailedKeys, StaffAccess
from serve_app.api.base.staff_people import rule_of
from serve_app.api.base.staff_session import StaffSessions
from serve_app.settings.app_args import AppArgs
from serve_app.settings.channels import GmailArgs, TwilioArgs
from serve_app.settings.login import LoginArgs
from serve_app.settings.model import ModelPrice
from serve_app.settings.values import RateLimit

if TYPE_CHECKING:
    from serve_app.api.base.identity_provider import IdentityProvider

LOOKUPS = RateLimit(hits=120, seconds=60)
SIGN_IN = f"{PREFIX}/staff/sign-in"
"""Where signing in by the provider begins; it ends at `/callback` below, which is registered there."""


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
class ProviderLogin:
    """How the staff sign in by their provider of identities, and whom of its people `login` lets in."""

    provider: IdentityProvider
    login: LoginArgs


class AnalysisCalls(Analyser, Embedder, Protocol):
    """What the staff's calls ask the analysis node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftingNodes:
    """The nodes that draft an answer when a person asks for one, and that read an entry which a person approves."""

    analysis: AnalysisCalls
    agent: DraftingAgent


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDeps:
    """What the handlers work with. `form_rate` None: forms are not limited.

    `probes` is the pool of the probes and /health, which must not wait behind other calls.
    `public_base_url` is where customers and providers reach the product; Twilio signs over it.
    What `secret_key` signs is new; what one of the `previous_keys` signed still opens.
    `trusted_proxies` lists addresses or networks, separated by commas, whose X-Forwarded-For is believed.
    `provider_login` None: the staff sign in by key only; `drafting` None: nobody can be asked for a draft.
    `learns`: LEARN_FROM_CUSTOMERS.
    A replica without a heartbeat for `silent_s` is silent. `close` is awaited when the server shuts down.
    """

    pool: Pool
    probes: Pool
    company: Company
    relay: Relay
    secret_key: str
    previous_keys: tuple[str, ...] = ()
    staff: StaffAccess
    provider_login: ProviderLogin | None = None
    drafting: DraftingNodes | None = None
    version: str
    form_rate: RateLimit | None
    public_base_url: str
    gmail: GmailArgs
    twilio: TwilioArgs
    demo_channels_url: str | None
    prices: Mapping[str, ModelPrice]
    timezone: str
    embedding_model: str
    rating_reopens: bool
    learns: bool
    file_rules: FileRules
    file_folder: FileFolder | None
    form_trap: bool
    form_proof: int
    lookup_rate: RateLimit = LOOKUPS
    channels: ChannelSwitches
    configs: ChannelConfigs
    cors_origins: tuple[str, ...]
    trusted_proxies: str
    close: Callable[[], Awaitable[None]]
    silent_s: float = SILENT_S
    clock: Callable[[], datetime] = utc_now

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """Every key whose links open something."""
        return (self.secret_key, *self.previous_keys)


def api_deps(args: AppArgs, parts: IngressParts, *, version: str, drafting: DraftingNodes | None = None) -> ApiDeps:
    """Build them from the graph's arguments and the ingress node's parts. Raises ValueError for a staff key that is
    empty or short."""
    configs = ChannelConfigs(parts.pool)
    return ApiDeps(
        pool=parts.pool,
        probes=parts.probes,
        company=args.company,
        relay=parts.relay,
        secret_key=args.secret_key.get_secret_value(),
        previous_keys=args.previous_keys,
        staff=_staff_access(args, parts.pool),
        provider_login=_provider_login(args),
        drafting=drafting,
        version=version,
        form_rate=args.form_rate,
        public_base_url=args.public_base_url,
        gmail=args.gmail,
        twilio=args.twilio,
        prices=args.model.prices,
        timezone=args.support.timezone,
        embedding_model=args.embedding_model,
        rating_reopens=args.support.rating_reopens,
        learns=args.learn_from_customers,
        file_rules=args.form.file_rules,
        file_folder=args.form.folder,
        form_trap=args.form.trap,
        form_proof=args.form.proof,
        demo_channels_url=args.demo_channels_url,
        channels=ChannelSwitches(configs, enabled=args.enabled_channels),
        configs=configs,
        cors_origins=args.cors_origins,
        trusted_proxies=args.trusted_proxies,
        close=parts.close,
    )


def _staff_access(args: AppArgs, pool: Pool) -> StaffAccess:
    keys = _staff_keys(args)
    operator = ((OPERATOR, keys.operator_token),) if keys.operator_token else ()
    sessions = StaffSessions(
        args.secret_key.get_secret_value(),
        (*keys.pairs, *operator),
        args.public_base_url,
        people=rule_of(args.login) if args.login else None,
    )
    return StaffAccess(keys, FailedKeys(pool, FAILED_KEYS), sessions)


def _staff_keys(args: AppArgs) -> StaffKeys:
    return StaffKeys.parse(
        args.staff_api_key.get_secret_value() if args.staff_api_key else None,
        bound_to_loopback=args.bound_to_loopback,
        public_base_url=args.public_base_url,
        operator_token=args.operator_token.get_secret_value() if args.operator_token else None,
        people_sign_in=args.login is not None,
    )


def _provider_login(args: AppArgs) -> ProviderLogin | None:
    if args.login is None:
        return None
    from serve_app.api.base.identity_provider import IdentityProvider  # slow to import

    provider = IdentityProvider(args.login, f"{args.public_base_url}{SIGN_IN}/callback")
    return ProviderLogin(provider=provider, login=args.login)
