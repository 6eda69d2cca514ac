"""Fetches files of mails from Gmail: the whole mail, which the parser's process takes apart."""

from __future__ import annotations

import asyncio

from deployments.channels.files import FILE_BYTES, FileGoneError, FileTooLargeError, FileUnavailableError, StoredFile
from deployments.channels.gmail.client import Gmail
from deployments.channels.gmail.errors import GmailError, GmailRejectedError
from deployments.channels.gmail.parser import MailParser, MailTooCostlyError
from ingest.events import InvalidMessageError


class GmailFiles:
    """Each fetch has a parser process of its own, which ends with it."""

    def __init__(self, gmail: Gmail) -> None:
        self._gmail = gmail

    async def fetch(self, file: StoredFile) -> bytes:
        """As FileSource.fetch."""
        try:
            mail = await asyncio.to_thread(self._gmail.raw, file.provider_message_id)
        except GmailRejectedError as error:
            raise FileGoneError("the mail is not in the mailbox any more") from error
        except GmailError as error:
            raise FileUnavailableError(str(error), retry_in=error.retry_in) from error
        content = await self._taken_from(mail.raw, file)
        if content is None:
            raise FileGoneError("the mail does not contain it any more")
        if len(content) > FILE_BYTES:
            raise FileTooLargeError
        return content

    async def _taken_from(self, raw: bytes, file: StoredFile) -> bytes | None:
        parser = MailParser()
        try:
            return await parser.file(raw, file.n)
        except MailTooCostlyError as error:
            raise FileTooLargeError from error
        except InvalidMessageError as error:
            raise FileGoneError("the mail can't be read") from error
        finally:
            await parser.close()
