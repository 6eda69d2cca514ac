"""The options of a Gmail stand-in: the account, its OAuth client, and where Pub/Sub pushes."""

from __future__ import annotations

from dataclasses import dataclass

ANY_SCOPE = "https://mail.google.com/"


@dataclass(frozen=True, slots=True, kw_only=True)
class GmailOptions:
    """A complete account by default; `gmail_settings` gives the product the same values."""

    user: str = "support@example.com"
    client_id: str = "stand-in.apps.googleusercontent.com"
    client_secret: str = "stand-in-client-secret"
    refresh_token: str = "1//stand-in-refresh-token"
    scopes: tuple[str, ...] = ("https://www.googleapis.com/auth/gmail.modify",)
    access_token_seconds: int = 3599

    topic: str = "projects/nightdesk-demo/topics/gmail"
    subscription: str = "projects/nightdesk-demo/subscriptions/gmail-push"
    push_url: str | None = None  # None: nothing is pushed, as for a subscription that pulls
    push_audience: str | None = None  # None: the push URL, Pub/Sub's own default
    push_service_account: str = "gmail-push@nightdesk-demo.iam.gserviceaccount.com"
    push_interval_seconds: float = 1.0  # at most one event a user in this time, the rest is dropped
    push_ack_seconds: float = 10.0
    push_backoff_seconds: tuple[float, float] = (0.5, 60.0)  # Pub/Sub: 10 s to 600 s by default

    rewrite_message_id: bool = True  # Gmail may put its own Message-ID on what is sent
    units_per_minute: int = 15_000
    history_kept: int = 100_000  # records; an older startHistoryId answers 404

    @property
    def audience(self) -> str:
        """The `aud` claim of a push."""
        return self.push_audience or self.push_url or ""
