"""The options of a Twilio stand-in: the account, its WhatsApp sender and where it posts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DEMO_TEMPLATE = "HX" + "0" * 31 + "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioOptions:
    """A complete account by default; `twilio_settings` gives the product the same values."""

    account_sid: str = "AC" + "5" * 32
    auth_token: str = "stand-in-auth-token"
    number: str = "+14155238886"  # the WhatsApp sender, E.164
    webhook_url: str | None = None  # the sender's "when a message comes in"; a fragment overrides the connection
    templates: Mapping[str, str] = field(default_factory=lambda: {DEMO_TEMPLATE: "Hello {{1}}, we have news: {{2}}"})

    status_seconds: float = 0.05  # between sent, delivered and read
    reads: bool = True  # delivered messages become read
    window_hours: float = 24.0
    too_long_code: int = 21658  # 21617 in Twilio's older answers
    blocked_prefixes: tuple[str, ...] = ()  # countries without permission: 21408
    messages_per_second: int | None = None  # above it a message ends undelivered with 63018

    connect_seconds: float = 5.0
    read_seconds: float = 15.0
    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct", "rt"})  # no connection, no answer in time; 4xx and 5xx are not

    @property
    def sender(self) -> str:
        """The sender's channel address."""
        return f"whatsapp:{self.number}"
