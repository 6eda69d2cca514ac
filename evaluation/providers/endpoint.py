"""Wraps an endpoint with the ordered faults: before a call is accepted, or after, when only the response is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from evaluation.providers.faults import CALL_KINDS, Fault, FaultKind, Faults

Handler = Callable[[Request], Awaitable[Response]]
Refuse = Callable[[int, Mapping[str, str]], Response]


class Dropped(Response):
    """No response: the connection is closed. Needs `serving.AbortableProtocol`."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Abort the transport and wait until the server has noticed."""
        transport: Any = scope["state"]["transport"]
        transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


def with_faults(method: str, handler: Handler, faults: Faults, refuse: Refuse) -> Handler:
    """Return `handler` with the faults that are ordered at `method`; `refuse` formats an error as the provider does."""
    faults.declare(method, CALL_KINDS)

    async def endpoint(request: Request) -> Response:
        fault = faults.take(method, CALL_KINDS)
        if fault is None:
            return await handler(request)
        early = await _before(fault, refuse)
        return early or await _after(fault, await handler(request), refuse)

    return endpoint


async def _before(fault: Fault, refuse: Refuse) -> Response | None:
    match fault.kind:
        case FaultKind.DROP_BEFORE:
            return Dropped()
        case FaultKind.ERROR_BEFORE:
            return refuse(fault.status, {})
        case FaultKind.RATE_LIMITED:
            return refuse(429, {"Retry-After": f"{fault.seconds:.0f}"})
        case FaultKind.DELAY_BEFORE:
            await asyncio.sleep(fault.seconds)
    return None


async def _after(fault: Fault, answer: Response, refuse: Refuse) -> Response:
    if answer.status_code >= 400:
        return answer
    match fault.kind:
        case FaultKind.DROP_ANSWER:
            return Dropped()
        case FaultKind.ERROR_AFTER:
            return refuse(fault.status, {})
        case FaultKind.DELAY_ANSWER:
            await asyncio.sleep(fault.seconds)
    return answer
