"""The Gmail account, for the nodes that speak with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.identifiers import normalise_email
from serve_app.settings.app_args import AppArgs

if TYPE_CHECKING:
    from deployments.channels.gmail.client import Gmail


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A client of the account, and its normalised address."""

    client: Gmail
    address: str


def account(args: AppArgs) -> Account | None:
    """Return the account; None while the channel is not enabled or lacks credentials."""
    gmail = args.gmail
    if "email" not in args.enabled_channels or gmail.user is None:
        return None
    if gmail.client_id is None or gmail.client_secret is None or gmail.refresh_token is None:
        return None
    # Here, because Google's client takes 20 MB that a node without the channel can do without.
    from deployments.channels.gmail.client import Gmail

    client = Gmail(
        client_id=gmail.client_id,
        client_secret=gmail.client_secret.get_secret_value(),
        refresh_token=gmail.refresh_token.get_secret_value(),
        api_base_url=gmail.api_base_url,
        token_url=gmail.token_url,
    )
    return Account(client=client, address=normalise_email(gmail.user))
