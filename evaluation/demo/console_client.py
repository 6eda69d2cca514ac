"""A client of the console of `nightdesk up --demo-channels`: writes as a customer and reads the replies."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from types import TracebackType
from typing import Any

import httpx

from evaluation.client import ProductUnreachableError

_ARRIVALS = ("mail_sent", "whatsapp_accepted")


class ConsoleClient:
    """A client of the console. Addresses are e-mail addresses, or numbers in E.164."""

    def __init__(self, url: str, *, timeout_s: float = 15.0) -> None:
        self.url = url
        self._http = httpx.AsyncClient(base_url=url, timeout=timeout_s, trust_env=False)
        self._reading = asyncio.Lock()
        self._read_to = 0
        self._arrived: dict[str, list[str]] = defaultdict(list)
        self._writers: set[str] = set()

    async def __aenter__(self) -> ConsoleClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def write_mail(self, *, sender: str, name: str, subject: str, text: str) -> str:
        """Send a mail to the support mailbox; returns Gmail's id of it. Raises ProductUnreachableError."""
        order = {"sender": sender, "name": name, "subject": subject, "text": text}
        return str((await self._call("POST", "/api/mail", json=order))["id"])

    async def write_whatsapp(self, *, number: str, name: str, text: str) -> str:
        """Write to the support number; returns the MessageSid. Raises ProductUnreachableError."""
        order = {"number": number, "name": name, "body": text}
        return str((await self._call("POST", "/api/whatsapp", json=order))["sid"])

    async def arrived(self, address: str) -> list[str]:
        """Return the texts that this customer has received so far, oldest first. Raises ProductUnreachableError."""
        await self._read_journal()
        return list(self._arrived[address])

    async def writers(self) -> set[str]:
        """Return the addresses that have ever written. Raises ProductUnreachableError."""
        await self._read_journal()
        return set(self._writers)

    async def _read_journal(self) -> None:
        async with self._reading:
            for entry in await self._call("GET", "/api/journal", params={"after": self._read_to}):
                self._read_to = entry["seq"]
                if entry["kind"] in _ARRIVALS:
                    for address in entry["to"]:
                        self._arrived[address.removeprefix("whatsapp:")].append(entry["body"])
                else:
                    self._writers.add(entry["sender"].removeprefix("whatsapp:"))

    async def _call(self, method: str, path: str, **arguments: Any) -> Any:
        try:
            answer = await self._http.request(method, path, **arguments)
            return answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProductUnreachableError(
                f"the demo channels at {self.url}: {method} {path}: {error or type(error).__name__}"
            ) from error
