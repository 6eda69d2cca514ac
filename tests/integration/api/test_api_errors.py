"""H12: every bad request gets a 4xx in the one error shape, without a traceback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.integration.api.serving import FORM, Served

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUBMIT = "/api/v1/support/form"
JSON = {"Content-Type": "application/json"}
FORM_JSON = json.dumps(FORM)


def assert_shape(response: httpx.Response, status: int) -> dict[str, Any]:
    """Assert that the body has exactly the fields of H12 and no internal details."""
    assert response.status_code == status, response.text
    body: dict[str, Any] = response.json()
    assert {"error", "message", "request_id"} <= set(body) <= {"error", "message", "request_id", "details"}
    assert body["error"] == body["error"].upper()
    assert body["request_id"] == response.headers["X-Request-ID"]
    assert "Traceback" not in response.text
    return body


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("POST", "/api/v1/", 404),
        ("GET", "/api/v1/tickets/", 404),
        ("GET", "/health/", 404),
        ("GET", "/assets/none.js", 404),
        ("GET", "/assets/..%2f..%2fsettings.py", 404),
        ("GET", SUBMIT, 405),
        ("DELETE", "/api/v1/tickets/TKT-0001", 405),
        ("PUT", "/", 405),
        ("PATCH", "/assets/style.css", 405),
        ("TRACE", SUBMIT, 405),
        ("OPTIONS", SUBMIT, 405),
    ],
)
async def test_h12_unknown_paths_and_methods(api: Served, method: str, path: str, status: int) -> None:
    response = await api.client.request(method, path)
    assert_shape(response, status)
    if status == 405 and not path.startswith("/assets"):
        assert response.headers["Allow"]


async def test_h12_allow_names_every_method_of_a_path(api: Served) -> None:
    assert (await api.client.options("/api/v1/merges")).headers["Allow"] == "GET, POST"
    assert (await api.client.put("/merges")).headers["Allow"] == "GET, POST"
    assert (await api.client.put("/status")).headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"nonsense",
        b'"text"',
        b"[]",
        b"null",
        b"17",
        b"[" * 500_000,
        b'{"name":' * 100_000,
        b"\xff\xfe\xfa",
        FORM_JSON.replace("Ada", "\xe9").encode("latin-1"),
        b'{"name": "\xed\xa0\x80"}',
        b'{"name": 1' + b"0" * 10_000 + b"}",
        b'{"name": NaN}',
        b"\0" * 100,
        FORM_JSON[:-1].encode(),
        FORM_JSON.encode() + b"x",
    ],
    ids=lambda content: content[:12].decode("latin-1").encode("unicode_escape").decode() or "empty",
)
async def test_h12_a_malformed_form_is_400(api: Served, content: bytes) -> None:
    body = assert_shape(await api.client.post(SUBMIT, content=content, headers=JSON), 400)
    assert body["details"]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "nonsense;;", "é"]
)
async def test_h12_other_content_types_are_400(api: Served, kind: str) -> None:
    response = await api.client.post(SUBMIT, content=FORM_JSON, headers=[(b"Content-Type", kind.encode())])
    assert_shape(response, 400)


@pytest.mark.parametrize("escaped", ["nul \\u0000 inside", "\\ud800 lone", "lone \\udfff", "\\udc00\\ud800 turned"])
@pytest.mark.parametrize("field", ["name", "subject", "message"])
async def test_h12_nul_and_lone_surrogates_are_400_naming_the_field(api: Served, field: str, escaped: str) -> None:
    content = json.dumps(FORM | {field: "@@ long enough"}).replace("@@", escaped)
    body = assert_shape(await api.client.post(SUBMIT, content=content, headers=JSON), 400)
    assert [problem["field"] for problem in body["details"]] == [field]


async def test_h12_surrogates_in_pairs_are_text(api: Served) -> None:
    content = FORM_JSON.replace("Ada", "\\ud83d\\ude42")
    assert (await api.client.post(SUBMIT, content=content, headers=JSON)).status_code == 201


@pytest.mark.parametrize("field", ["name", "email", "phone", "subject", "category", "priority", "message"])
@pytest.mark.parametrize("value", [None, 1, 1.5, True, [], {}, ["x"], {"x": "y"}])
async def test_h12_wrong_types_are_400_naming_the_field(api: Served, field: str, value: object) -> None:
    if field == "phone" and value is None:
        return
    body = assert_shape(await api.client.post(SUBMIT, json=FORM | {field: value}), 400)
    assert [problem["field"] for problem in body["details"]] == [field]


@pytest.mark.parametrize("path", [SUBMIT, "/support/submit", "/api/v1/tickets/TKT-0001/messages", "/nowhere"])
async def test_h12_three_megabytes_are_413(api: Served, path: str) -> None:
    content = json.dumps(FORM | {"message": "x" * 3_000_000})
    assert_shape(await api.client.post(path, content=content, headers=JSON), 413)


async def test_h12_three_megabytes_in_chunks_are_413(api: Served) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(60):
            yield b"x" * 50_000

    assert_shape(await api.client.post(SUBMIT, content=chunks(), headers=JSON), 413)
    assert_shape(await api.client.get("/nowhere"), 404)


async def test_h12_a_body_just_below_the_limit_is_read(api: Served) -> None:
    content = json.dumps(FORM | {"unknown": "x" * 999_000})
    assert (await api.client.post(SUBMIT, content=content, headers=JSON)).status_code == 201


async def raw(api: Served, text: bytes) -> bytes:
    """Send bytes over TCP and return what comes back."""
    url = urlsplit(api.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(text)
    await writer.drain()
    answer = await asyncio.wait_for(reader.read(100_000), 120)
    writer.close()
    return answer


@pytest.mark.parametrize("length", [b"-1", b"99999999999999999999", b"12abc"])
async def test_h12_a_lying_content_length_is_a_4xx(api: Served, length: bytes) -> None:
    answer = await raw(api, b"POST /support/submit HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + b"\r\n\r\n{}")
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 413"))


async def test_h12_a_client_that_disconnects_midway_does_no_harm(api: Served) -> None:
    url = urlsplit(api.url)
    _, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(b"POST /support/submit HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{")
    await writer.drain()
    writer.close()
    await api.submit()


async def test_h12_a_harmless_request_id_is_kept(api: Served) -> None:
    response = await api.client.get("/nowhere", headers={"X-Request-ID": "trace-1.2:3_4"})
    assert assert_shape(response, 404)["request_id"] == "trace-1.2:3_4"
    ok = await api.client.get("/health/live", headers={"X-Request-ID": "trace-2"})
    assert ok.headers["X-Request-ID"] == "trace-2"


@pytest.mark.parametrize("offered", [b"", b"a b", b"x" * 129, b"<script>", b"caf\xe9", b'{"x"}'])
async def test_h12_any_other_request_id_is_replaced(api: Served, offered: bytes) -> None:
    response = await api.client.get("/nowhere", headers=[(b"X-Request-ID", offered)])
    assert assert_shape(response, 404)["request_id"].isalnum()


async def test_h12_an_unexpected_exception_is_a_500_without_details(serve: Any) -> None:
    async with serve() as api:
        await api.pool.execute("ALTER TABLE inbox RENAME TO lost")
        body = assert_shape(await api.client.post(SUBMIT, json=FORM), 500)
        assert body["error"] == "INTERNAL_ERROR"
        assert "inbox" not in str(body)


ORIGIN = "https://www.techcorp.example"


async def test_h12_cors_allows_the_origins_of_the_settings(serve: Any) -> None:
    async with serve(cors_origins=(ORIGIN,)) as api:
        asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST",
                 "Access-Control-Request-Headers": "content-type, idempotency-key"}  # fmt: skip
        preflight = await api.client.options(SUBMIT, headers=asked)
        assert preflight.status_code == 200
        assert preflight.headers["Access-Control-Allow-Origin"] == ORIGIN
        for path, status in (("/nowhere", 404), (SUBMIT, 405)):
            refused = await api.client.get(path, headers={"Origin": ORIGIN})
            assert_shape(refused, status)
            assert refused.headers["Access-Control-Allow-Origin"] == ORIGIN


async def test_h12_cors_refuses_other_origins_in_the_error_shape(serve: Any) -> None:
    async with serve(cors_origins=(ORIGIN,)) as api:
        asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        refused = await api.client.options(SUBMIT, headers=asked)
        assert_shape(refused, 400)
        assert "Access-Control-Allow-Origin" not in refused.headers
        assert_shape(await api.client.options(SUBMIT, headers={"Access-Control-Request-Method": "POST"}), 405)
