"""H12: what Serve's proxy answers by itself arrives in the error shape. The inner applications behave as Serve does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
import pytest
from ray.serve._private.http_util import convert_object_to_asgi_messages, validate_http_proxy_callback_return
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import Receive, Scope, Send

from serve_app.api.base.proxy_errors import PEER_HEADER, ProxyErrors, behind_haproxy, middlewares

App = Callable[[Scope, Receive, Send], Awaitable[None]]


async def call(
    inner: App, path: str = "/support/submit", headers: Mapping[str, str | bytes] | None = None
) -> httpx.Response:
    """Call `inner` behind the middleware."""
    transport = httpx.ASGITransport(ProxyErrors(inner), raise_app_exceptions=False)
    raw = [
        (name.encode(), value if isinstance(value, bytes) else value.encode())
        for name, value in (headers or {}).items()
    ]
    async with httpx.AsyncClient(transport=transport, base_url="http://proxy.test") as client:
        return await client.post(path, headers=raw)


def serve_says(text: str, status: int, extra: list[tuple[bytes, bytes]] | None = None) -> App:
    """An application that sends the messages that Serve's proxy makes."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        for message in convert_object_to_asgi_messages(text, status_code=status, extra_headers=extra):
            await send(message)

    return app


def assert_reshaped(response: httpx.Response, status: int, code: str) -> None:
    """The one error shape, with a time to come back."""
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["error"]) == (status, code)
    assert body["request_id"] == response.headers["X-Request-ID"]
    assert int(response.headers["Retry-After"]) >= 1
    assert "replica" not in response.text


async def test_h12_a_replica_that_died_is_503() -> None:
    async def no_answer(_scope: Scope, _receive: Receive, _send: Send) -> None:
        """What Serve's proxy does with an error that it calls 500: it returns without an answer."""

    assert_reshaped(await call(no_answer), 503, "UNAVAILABLE")


async def test_h12_a_proxy_that_fails_is_503() -> None:
    async def fails(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError("Request failed: replica 1a2b died")

    assert_reshaped(await call(fails), 503, "UNAVAILABLE")


@pytest.mark.parametrize("status", [404, 408, 500, 503])
async def test_h12_serves_own_text_is_503(status: int) -> None:
    assert_reshaped(await call(serve_says("replica 1a2b timed out", status)), 503, "UNAVAILABLE")


async def test_h12_back_pressure_is_429_with_its_retry_after() -> None:
    response = await call(serve_says("too many, replica 1a2b", 429, [(b"retry-after", b"7")]))
    assert_reshaped(response, 429, "RATE_LIMITED")
    assert response.headers["Retry-After"] == "7"


async def test_h12_the_applications_own_answers_pass() -> None:
    refused = JSONResponse({"error": "NOT_FOUND"}, 404)
    response = await call(refused)
    assert (response.status_code, response.json()) == (404, {"error": "NOT_FOUND"})
    assert (await call(PlainTextResponse("fine"))).text == "fine"


async def test_h12_serves_own_paths_are_not_reshaped() -> None:
    assert (await call(serve_says("starting", 503), "/-/healthz")).text == "starting"


async def test_h12_a_request_has_one_harmless_id() -> None:
    seen: list[dict[bytes, bytes]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(dict(scope["headers"]))
        response = PlainTextResponse("ok", headers={"X-Request-ID": "the application's"})
        response.headers.append("X-Request-ID", "and Serve's")
        await response(scope, receive, send)

    response = await call(app, headers={"X-Request-ID": "mine-1"})
    assert response.headers.get_list("X-Request-ID") == ["mine-1"]
    evil = await call(app, headers={"X-Request-ID": b"evil\xe9 id", "x-request-timeout-seconds": b"0.001"})
    assert seen[1][b"x-request-id"].isalnum()
    assert evil.headers["X-Request-ID"].encode() == seen[1][b"x-request-id"]
    assert b"x-request-timeout-seconds" not in seen[1]


@pytest.mark.parametrize(("peer", "named"), [("127.0.0.1", "203.0.113.7"), ("198.51.100.9", "198.51.100.9")])
async def test_h11_only_haproxy_on_this_machine_is_believed_whose_call_it_is(peer: str, named: str) -> None:
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)
        await PlainTextResponse("ok")(scope, receive, send)

    for [middleware] in (behind_haproxy(), middlewares()):
        wrap: Any = middleware.cls
        transport = httpx.ASGITransport(wrap(app, **middleware.kwargs), client=(peer, 5))
        async with httpx.AsyncClient(transport=transport, base_url="http://proxy.test") as client:
            await client.post("/support/submit", headers={PEER_HEADER.decode(): "203.0.113.7"})
            await client.post("/support/submit")
    behind, unnamed, other, _ = seen
    assert unnamed["client"] == (None if peer == "127.0.0.1" else (peer, 5))
    assert (behind["client"][0], PEER_HEADER in dict(behind["headers"])) == (named, False)
    assert other["client"][0] == peer


async def test_a_change_is_carried_out_to_its_end() -> None:
    """Serve need not watch the caller of a change; a stream ends when its reader goes."""
    seen: list[bytes | None] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(dict(scope["headers"]).get(b"x-request-disconnect-disabled"))
        await PlainTextResponse("ok")(scope, receive, send)

    await call(app, headers={"x-request-disconnect-disabled": "?0"})
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(ProxyErrors(app)), base_url="http://proxy.test"
    ) as client:
        await client.get("/staff/desk/changes", headers={"x-request-disconnect-disabled": "?1"})
    assert seen == [b"?1", None]


def test_h12_serve_takes_our_middlewares() -> None:
    taken: object = validate_http_proxy_callback_return(middlewares())[0].cls
    assert taken is ProxyErrors


@pytest.mark.parametrize(("path", "accept", "page"), [
    ("/status", "text/html,*/*;q=0.8", True), ("/status", "*/*", False), ("/api/v1/health", "text/html", False),
])  # fmt: skip
async def test_w2_a_browser_gets_a_page_in_its_language(path: str, accept: str, page: bool) -> None:
    async def fails(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError("Request failed: replica 1a2b died")

    transport = httpx.ASGITransport(ProxyErrors(fails))
    headers = {"Accept": accept, "Accept-Language": "de-DE,de;q=0.9,en;q=0.5"}
    async with httpx.AsyncClient(transport=transport, base_url="http://proxy.test") as client:
        answer = await client.get(path, headers=headers)
    assert (answer.status_code, answer.headers["Content-Type"].startswith("text/html")) == (503, page)
    assert int(answer.headers["Retry-After"]) >= 1
    assert ('<html lang="de"' in answer.text) is page
