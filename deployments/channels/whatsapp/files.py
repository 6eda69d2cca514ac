"""Fetches media of WhatsApp messages from Twilio."""

from __future__ import annotations

import asyncio

import requests

from deployments.channels.files import FILE_BYTES, FileGoneError, FileTooLargeError, FileUnavailableError, StoredFile
from deployments.channels.whatsapp.twilio_client import API, CONNECT_S, READ_S

RETRY_S = 10.0
_CHUNK = 65_536


class TwilioFiles:
    """The media of one account, up to `limit` bytes each. `base_url` None: Twilio's."""

    def __init__(
        self, *, account_sid: str, auth_token: str, base_url: str | None = None, limit: int = FILE_BYTES
    ) -> None:
        self._limit = limit
        self._messages = f"{base_url or API}/2010-04-01/Accounts/{account_sid}/Messages"
        self._account = (account_sid, auth_token)

    async def fetch(self, file: StoredFile) -> bytes:
        """As FileSource.fetch."""
        if file.media_id is None:
            raise FileGoneError("its id was not kept: it is in Twilio's console")
        url = f"{self._messages}/{file.provider_message_id}/Media/{file.media_id}"
        return await asyncio.to_thread(self._read, url)

    def _read(self, url: str) -> bytes:
        """Read a medium, which Twilio redirects to where it lies; the credentials don't go there."""
        try:
            with requests.get(url, auth=self._account, timeout=(CONNECT_S, READ_S), stream=True) as answer:
                if answer.status_code in (404, 410):
                    raise FileGoneError("Twilio does not have it any more")
                if not answer.ok:
                    raise FileUnavailableError(f"Twilio answers {answer.status_code}", retry_in=RETRY_S)
                return self._bounded(answer)
        except requests.RequestException as error:
            raise FileUnavailableError(f"Twilio can't be reached: {type(error).__name__}", retry_in=RETRY_S) from error

    def _bounded(self, answer: requests.Response) -> bytes:
        content = bytearray()
        for chunk in answer.iter_content(_CHUNK):
            content += chunk
            if len(content) > self._limit:
                raise FileTooLargeError
        return bytes(content)
