"""The Gmail account, for the nodes that speak with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.identifiers import normalise_email
from serve_app.api.base.providers import gmail_client
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
    client = gmail_client(gmail)
    return None if client is None else Account(client=client, address=normalise_email(gmail.user))
