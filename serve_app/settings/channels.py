"""The arguments of the channels, and the types that validate their settings."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, StringConstraints

from deployments.channels.gmail.quota import UNITS_PER_MINUTE
from deployments.channels.whatsapp.rate import MESSAGES_PER_SECOND

AccountSid = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^AC[0-9a-fA-F]{32}$")]
TemplateSid = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^HX[0-9a-fA-F]{32}$")]
BaseUrl = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^https?://[^/\s]+"),
    AfterValidator(lambda url: url.rstrip("/")),
]
WhatsAppNumber = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^(whatsapp:)?\+[1-9][0-9]{6,14}$"),
    AfterValidator(lambda number: number.removeprefix("whatsapp:")),
]
EmailAddress = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$")
]
PubSubTopic = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^projects/[^/\s]+/topics/[^/\s]+$")]
GOOGLE_OAUTH_URL = "https://oauth2.googleapis.com/token"
GOOGLE_CERTS_URL = "https://www.googleapis.com/oauth2/v1/certs"
QUIET_SECONDS = 3.0
JOIN_HOURS = 72.0
WEBHOOK_RETRIES = "#rc=5&rp=all"
"""Twilio's connection overrides, the fragment of a webhook's URL: retry after every failure, a 5xx included, which it
does not do by default."""


class GmailArgs(BaseModel):
    """The e-mail channel. Without `topic` there are no pushes: the mailbox is polled.

    `audience` and `service_account` are the claims `aud` and `email` that the OIDC tokens of Pub/Sub must carry.
    `units_per_minute`: Google's limit for the account, which all replicas share. `api_base_url` None: Google's.
    """

    model_config = ConfigDict(frozen=True)

    client_id: str | None = None
    client_secret: SecretStr | None = None
    refresh_token: SecretStr | None = None
    user: str | None = None
    groups: tuple[str, ...] = ()
    topic: str | None = None
    audience: str | None = None
    service_account: str | None = None
    units_per_minute: int = UNITS_PER_MINUTE
    api_base_url: str | None = None
    token_url: str = GOOGLE_OAUTH_URL
    certs_url: str = GOOGLE_CERTS_URL

    @property
    def missing(self) -> tuple[str, ...]:
        """The environment variables that are not set and without which the channel is off."""
        needed = {
            "GMAIL_CLIENT_ID": self.client_id,
            "GMAIL_CLIENT_SECRET": self.client_secret,
            "GMAIL_REFRESH_TOKEN": self.refresh_token,
            "GMAIL_USER": self.user,
        }
        return tuple(name for name, value in needed.items() if value is None)


class TwilioArgs(BaseModel):
    """The WhatsApp channel. `number` is in E.164; `api_base_url` None: Twilio's.

    A customer's messages are answered together once they have been quiet for `quiet_s`. The next message of a number
    joins its open conversation unless that was silent for `join_hours`. `messages_per_second`: Twilio's limit for the
    number, which all replicas share.
    """

    model_config = ConfigDict(frozen=True)

    account_sid: str | None = None
    auth_token: SecretStr | None = None
    number: str | None = None
    template_sid: str | None = None
    messages_per_second: float = MESSAGES_PER_SECOND
    api_base_url: str | None = None
    quiet_s: float = QUIET_SECONDS
    join_hours: float = JOIN_HOURS

    @property
    def missing(self) -> tuple[str, ...]:
        """The environment variables that are not set and without which the channel is off."""
        needed = {
            "TWILIO_ACCOUNT_SID": self.account_sid,
            "TWILIO_AUTH_TOKEN": self.auth_token,
            "TWILIO_WHATSAPP_NUMBER": self.number,
        }
        return tuple(name for name, value in needed.items() if value is None)
