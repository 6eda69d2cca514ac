"""Bodies with files: a few at once, and fewer of one address, so that nobody can keep the others from sending."""

from __future__ import annotations

import asyncio

from starlette.types import Message, Receive, Scope, Send

from serve_app.api.base.middleware import FILES_AT_ONCE, FILES_OF_ONE_ADDRESS, Guard


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 201, "headers": []})
    await send({"type": "http.response.body", "body": b""})


class _Upload:
    """A body that has begun and does not end before `end` is set."""

    def __init__(self, guard: Guard, address: str) -> None:
        self.end, self.begun = asyncio.Event(), asyncio.Event()
        self.status = 0
        scope = {"type": "http", "method": "POST", "path": "/form/files", "headers": [], "client": (address, 1)}
        self.task = asyncio.create_task(guard(scope, self._receive, self._send))

    async def _receive(self) -> Message:
        self.begun.set()
        await self.end.wait()
        return {"type": "http.request", "body": b"x", "more_body": False}

    async def _send(self, message: Message) -> None:
        self.status = message.get("status", self.status)

    async def finish(self) -> int:
        self.end.set()
        await self.task
        return self.status


async def _under_way(guard: Guard, address: str) -> _Upload:
    upload = _Upload(guard, address)
    await upload.begun.wait()
    return upload


async def test_one_address_leaves_room_for_others_and_all_together_have_an_end() -> None:
    guard = Guard(_app)
    held = [await _under_way(guard, "198.51.100.1") for _ in range(FILES_OF_ONE_ADDRESS)]
    assert await _Upload(guard, "198.51.100.1").finish() == 503
    others = range(FILES_AT_ONCE - FILES_OF_ONE_ADDRESS)
    held += [await _under_way(guard, f"203.0.113.{place}") for place in others]
    assert await _Upload(guard, "192.0.2.1").finish() == 503
    assert await held.pop(0).finish() == 201
    assert await _Upload(guard, "198.51.100.1").finish() == 201
    assert [await one.finish() for one in held] == [201] * len(held)
    assert await _Upload(guard, "192.0.2.1").finish() == 201
