"""The support team: the agent's mode, support hours, service levels, whom to notify, when tickets end."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from db.records import Severity
from deployments.rules.support_hours import ServiceLevels

AgentMode = Literal["auto", "draft", "off"]
"""auto: it answers; draft: a person approves each answer; off: everything goes to a person."""
AGENT_MODE: Final = "auto"
SLA_HOURS: dict[Severity, float] = {"critical": 0.5, "high": 2.0, "medium": 8.0, "low": 24.0}
"""Hours until a person takes a hand-over, by severity, as context/company-profile.md has them: support hours, but for
critical, which runs at any hour."""
HOURS = "Mon-Sun 00:00-24:00"
"""Support hours of a company that states none: somebody is always there."""
TIMEZONE = "UTC"
DIGEST_AT = "07:30"
RESOLVE_HOURS = 72.0
CLOSE_HOURS = 168.0


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone; expected such as Europe/Berlin") from None
    return name


def _readable_hours(text: str) -> str:
    ServiceLevels.parse(text, "UTC", {})
    return text


def _usable_urls(urls: SecretStr) -> SecretStr:
    if any("://" not in url for url in urls.get_secret_value().split()):
        raise ValueError("expected Apprise URLs, separated by spaces, such as slack://token or mailto://user:pass@host")
    return urls


ClockTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Hours = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_readable_hours)]
TimeZoneName = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_known_zone)]
NotifyUrls = Annotated[SecretStr, AfterValidator(_usable_urls)]


AskedChannel = Literal["whatsapp", "email"]
"""On the web the ticket's own page asks."""


class SupportArgs(BaseModel):
    """The support team. `sla_hours`: within how many support hours a person takes a hand-over, by severity; critical
    counts every hour. `hours` are in `timezone`.

    The digest of the day before is announced at `digest_at` of the team's time. With `rating_reopens` a ticket that its
    customer marks as bad goes to a person. By the channels of `rating_ask` a customer is asked for a mark, once, after
    the resolution.

    A waiting ticket resolves by itself after `resolve_after_hours`, a resolved one closes after `close_after_hours`.
    """

    model_config = ConfigDict(frozen=True)

    agent_mode: AgentMode = AGENT_MODE
    notify_urls: tuple[SecretStr, ...] = ()
    hours: str = HOURS
    timezone: str = TIMEZONE
    sla_hours: dict[Severity, float] = Field(default_factory=lambda: dict(SLA_HOURS))
    digest_at: str = DIGEST_AT
    rating_reopens: bool = False
    rating_ask: tuple[AskedChannel, ...] = ()
    resolve_after_hours: float = RESOLVE_HOURS
    close_after_hours: float = CLOSE_HOURS


def service_levels(support: SupportArgs) -> ServiceLevels:
    """Parse the support hours and the service levels. Raises ValueError for hours that can't be read."""
    return ServiceLevels.parse(support.hours, support.timezone, support.sla_hours)
