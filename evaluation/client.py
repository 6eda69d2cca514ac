"""A client of the product's public HTTP API: send a form, read a ticket."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import httpx

FINISHED = ("waiting", "resolved", "escalated", "closed")


class ProductUnreachableError(Exception):
    """Nothing responds at the product's address: start it, or name the right `--data-dir` or `--url`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A response of the API: HTTP status, JSON body, and the time it took in milliseconds."""

    status: int
    body: dict[str, Any]
    elapsed_ms: float


class ProductClient:
    """A client of one product. `token` is a staff key, which lifts the public rate limits."""

    def __init__(self, base_url: str, *, token: str | None = None, timeout_s: float = 15.0) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        limits = httpx.Limits(max_connections=128, max_keepalive_connections=64)
        self._http = httpx.AsyncClient(
            base_url=f"{base_url}/api/v1", headers=headers, timeout=timeout_s, limits=limits, trust_env=False
        )

    async def __aenter__(self) -> ProductClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def submit(self, form: dict[str, Any], *, key: str) -> Reply:
        """Send a form with an Idempotency-Key. Raises ProductUnreachableError when the connection fails."""
        return await self._call("POST", "/support/form", json=form, headers={"Idempotency-Key": key})

    async def ticket(self, number: str, token: str) -> Reply:
        """Read a ticket as its customer. Raises ProductUnreachableError when the connection fails."""
        return await self._call("GET", f"/tickets/{number}", params={"token": token})

    async def _call(self, method: str, path: str, **arguments: Any) -> Reply:
        started = time.perf_counter()
        try:
            response = await self._http.request(method, path, **arguments)
        except httpx.HTTPError as error:
            raise ProductUnreachableError(f"{method} {path}: {error or type(error).__name__}") from error
        elapsed_ms = (time.perf_counter() - started) * 1000
        return Reply(status=response.status_code, body=_json(response), elapsed_ms=elapsed_ms)


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
