"""What the channels are built from, and what a person may write into their settings."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, StringConstraints

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
GOOGLE_TOKENS = "https://oauth2.googleapis.com/token"
GOOGLE_CERTIFICATES = "https://www.googleapis.com/oauth2/v1/certs"


class GmailArgs(BaseModel):
    """The e-mail channel. `topic` unset: no pushes, the mailbox is polled. The URLs lead to other hosts than Google's.

    `audience` is what Pub/Sub's tokens must be made for, `service_account` who must have asked for them.
    """

    model_config = ConfigDict(frozen=True)

    client_id: str | None = None
    client_secret: SecretStr | None = None
    refresh_token: SecretStr | None = None
    user: str | None = None
    topic: str | None = None
    audience: str | None = None
    service_account: str | None = None
    api_base_url: str | None = None
    token_url: str = GOOGLE_TOKENS
    certs_url: str = GOOGLE_CERTIFICATES

    @property
    def missing(self) -> tuple[str, ...]:
        """The variables without which the channel is off."""
        needed = {
            "GMAIL_CLIENT_ID": self.client_id,
            "GMAIL_CLIENT_SECRET": self.client_secret,
            "GMAIL_REFRESH_TOKEN": self.refresh_token,
            "GMAIL_USER": self.user,
        }
        return tuple(name for name, value in needed.items() if value is None)


class TwilioArgs(BaseModel):
    """The WhatsApp channel. `number` is in E.164; the base URL leads to another host than Twilio's."""

    model_config = ConfigDict(frozen=True)

    account_sid: str | None = None
    auth_token: SecretStr | None = None
    number: str | None = None
    template_sid: str | None = None
    api_base_url: str | None = None
    quiet_s: float = 3.0
    join_hours: float = 72.0

    @property
    def missing(self) -> tuple[str, ...]:
        """The variables without which the channel is off."""
        needed = {
            "TWILIO_ACCOUNT_SID": self.account_sid,
            "TWILIO_AUTH_TOKEN": self.auth_token,
            "TWILIO_WHATSAPP_NUMBER": self.number,
        }
        return tuple(name for name, value in needed.items() if value is None)
