"""Clients of the providers, from their settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db.pool import Pool
from db.records import Channel
from deployments.channels.files import FileSource, StoredFile
from deployments.channels.form_files import FormFiles
from deployments.channels.whatsapp.files import TwilioFiles
from ingest.file_folder import FileFolder
from serve_app.settings.channels import GmailArgs, TwilioArgs

if TYPE_CHECKING:
    from deployments.channels.gmail.client import Gmail
    from deployments.channels.gmail.files import GmailFiles


def gmail_client(args: GmailArgs) -> Gmail | None:
    """Return a client of the account, None without credentials."""
    if args.client_id is None or args.client_secret is None or args.refresh_token is None:
        return None
    # Here, because Google's client takes 20 MB that a node without the channel can do without.
    from deployments.channels.gmail.client import Gmail

    return Gmail(
        client_id=args.client_id,
        client_secret=args.client_secret.get_secret_value(),
        refresh_token=args.refresh_token.get_secret_value(),
        api_base_url=args.api_base_url,
        token_url=args.token_url,
    )


def file_sources(
    pool: Pool, folder: FileFolder | None, gmail: GmailArgs, twilio: TwilioArgs
) -> dict[Channel, FileSource]:
    """Return what fetches files: those of forms from the store or the folder, others for each channel with
    credentials."""
    found: dict[Channel, FileSource] = {"web_form": FormFiles(pool, folder)}
    if not gmail.missing:
        found["email"] = _GmailFilesOnDemand(gmail)
    if twilio.account_sid is not None and twilio.auth_token is not None:
        found["whatsapp"] = TwilioFiles(
            account_sid=twilio.account_sid,
            auth_token=twilio.auth_token.get_secret_value(),
            base_url=twilio.api_base_url,
        )
    return found


class _GmailFilesOnDemand:
    """Loads Google's client with the first file."""

    def __init__(self, args: GmailArgs) -> None:
        self._args = args
        self._files: GmailFiles | None = None

    async def fetch(self, file: StoredFile) -> bytes:
        """As FileSource.fetch."""
        if self._files is None:
            from deployments.channels.gmail.files import GmailFiles

            client = gmail_client(self._args)
            assert client is not None
            self._files = GmailFiles(client)
        return await self._files.fetch(file)
