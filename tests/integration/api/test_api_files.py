"""Issue 13: files with a form and with a reply: stored whole, told by their bytes, handed out to the staff, erased."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from deployments.reporting.folder_sweep import STRANGE, FolderSweep
from deployments.reporting.retention import Periods, Retention
from ingest.events import InboundMessage
from ingest.file_folder import FileFolder
from serve_app.api.base.middleware import FILES_OF_ONE_ADDRESS
from serve_app.settings.form import FormArgs
from tests.integration.api.serving import FORM, STAFF_KEY, Served

pytestmark = pytest.mark.asyncio(loop_scope="module")

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 40
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"1 0 obj\n" * 500
STAFF = {"Authorization": f"Bearer {STAFF_KEY}"}
FORM_PATH = "/api/v1/support/form/files"

File = tuple[str, bytes, str]


async def send(api: Served, *files: File, key: str | None = None, **changes: Any) -> httpx.Response:
    """Send a form with these files."""
    headers = {"Idempotency-Key": key} if key else {}
    parts = [("files", file) for file in files]
    return await api.client.post(FORM_PATH, data=FORM | changes, files=parts, headers=headers)


async def opened(api: Served, n: int = 0) -> httpx.Response:
    """Open the n-th file of the first message, as the staff do."""
    row = await api.pool.fetchrow("SELECT id, conversation_id FROM messages ORDER BY created_at LIMIT 1")
    path = f"/api/v1/conversations/{row['conversation_id']}/messages/{row['id']}/files/{n}"
    return await api.client.get(path, headers=STAFF)


async def test_files_come_with_a_form_and_the_staff_open_them(api: Served) -> None:
    # What a sender says of a file's type counts for nothing.
    answer = await send(api, ("C:\\Users\\ada\\screen shot?.PNG", PNG, "text/html"), ("log", b"line 1\n", "image/png"))
    assert answer.status_code == 201, answer.text
    ticket = answer.json()
    event = InboundMessage.model_validate(await api.pool.fetchval("SELECT value FROM events"))
    told = [(file.filename, file.content_type, file.size) for file in event.attachments]
    assert told == [("screen shot_.PNG", "image/png", len(PNG)), ("log.txt", "text/plain", 7)]

    picture, log = await opened(api), await opened(api, 1)
    assert (picture.status_code, picture.content, log.content) == (200, PNG, b"line 1\n")
    assert picture.headers["Content-Type"] == "image/png"
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in picture.headers["Content-Security-Policy"]
    assert picture.headers["Content-Disposition"].startswith('attachment; filename="screen shot_.PNG"')
    assert (await opened(api, 2)).status_code == 404

    path = f"/api/v1/tickets/{ticket['ticket_id']}"
    token = {"token": ticket["status_token"]}
    further = await api.client.post(
        f"{path}/messages/files", params=token, data={"message": "And the bill"}, files=[("files", ("bill.pdf", PDF))]
    )
    assert further.status_code == 201, further.text
    shown = (await api.client.get(path, params=token)).json()["messages"]
    assert [one["files"] for one in shown] == [["screen shot_.PNG", "log.txt"], ["bill.pdf"]]


@pytest.mark.parametrize(
    ("files", "code", "message"),
    [
        ([("run.exe", b"MZ\x90\0" + bytes(200), "image/png")], "FILE_TYPE", "run.exe is none of the files"),
        ([("bill.pdf", b"MZ\x90\0" + bytes(200), "application/pdf")], "FILE_TYPE", "bill.pdf is none of the files"),
        ([("page.html", b"<script>alert(1)</script>", "text/plain")], "FILE_TYPE", "page.html is none of the files"),
        ([("cat\u202egnp.exe", PNG, "image/png")], "FILE_TYPE", "catgnp.exe is none of the files"),
        ([("empty.txt", b"", "text/plain")], "FILE_EMPTY", "empty.txt is empty"),
        ([("large.png", PNG + bytes(5_000_000), "image/png")], "FILE_TOO_LARGE", "large.png is larger than 5 MB"),
        ([(f"{n}.png", PNG, "image/png") for n in range(4)], "TOO_MANY_FILES", "At most 3 files are taken"),
    ],
)  # fmt: skip
async def test_a_file_that_is_not_taken_is_named_in_one_line(
    api: Served, files: list[File], code: str, message: str
) -> None:
    refused = await send(api, *files)
    body = refused.json()
    assert (refused.status_code, body["error"], body["details"][0]["field"]) == (400, code, "files")
    assert body["message"].startswith(message)
    assert "\n" not in body["message"]
    assert await api.pool.fetchval("SELECT count(*) FROM inbox") == 0


async def test_a_body_that_is_no_form_is_refused(api: Served) -> None:
    for headers, content in (
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--y\r\nnothing of the kind"),
        ({"Content-Type": "multipart/form-data"}, b"x"),
        ({"Content-Type": "application/json"}, b"{}"),
    ):
        answer = await api.client.post(FORM_PATH, headers=headers, content=content)
        assert answer.status_code == 400, answer.text
        assert answer.json()["message"]
    large = await api.client.post(
        FORM_PATH, headers={"Content-Type": "multipart/form-data; boundary=x"}, content=bytes(17_000_000)
    )
    assert large.status_code == 413


async def test_the_same_call_again_is_done_once_and_another_is_refused(api: Served) -> None:
    calls = [send(api, ("a.png", PNG, "image/png"), key="one") for _ in range(FILES_OF_ONE_ADDRESS)]
    first, second = await asyncio.gather(*calls)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert await api.pool.fetchval("SELECT count(*) FROM message_files") == 1
    other = await send(api, ("a.png", PNG + b"\0", "image/png"), key="one")
    assert (other.status_code, other.json()["error"]) == (409, "IDEMPOTENCY_KEY_REUSED")


async def test_files_are_erased_with_their_customer_and_after_their_time(api: Served) -> None:
    await send(api, ("a.png", PNG, "image/png"))
    customer = await api.pool.fetchval("SELECT id FROM customers")
    export = (await api.client.get(f"/api/v1/customers/{customer}/export", headers=STAFF)).json()
    assert [(file["n"], file["size"]) for file in export["files"]] == [(0, len(PNG))]

    later = datetime.now(UTC) + timedelta(days=366)
    assert await Retention(pool=api.pool, periods=Periods(), clock=lambda: later).files() == 1
    gone = await opened(api)
    assert (gone.status_code, gone.json()["error"]) == (404, "FILE_GONE")

    await send(api, ("b.png", PNG, "image/png"))
    erased = await api.client.post(f"/api/v1/customers/{customer}/erase", headers=STAFF)
    assert erased.status_code == 200, erased.text
    assert await api.pool.fetchval("SELECT count(*) FROM message_files") == 0


async def test_the_openapi_says_what_is_posted(api: Served) -> None:
    described = (await api.client.get("/openapi.json")).json()
    [content] = described["paths"][FORM_PATH]["post"]["requestBody"]["content"].items()
    kind, schema = content[0], described["components"]["schemas"][content[1]["schema"]["$ref"].split("/")[-1]]
    assert kind == "multipart/form-data"
    assert {"name", "email", "message", "files"} <= set(schema["properties"])
    assert re.search(r"binary|contentMediaType", str(schema["properties"]["files"]["items"]))


async def test_where_no_files_are_taken_the_form_says_so(serve: Any) -> None:
    async with serve(form=FormArgs(files=0)) as api:
        refused = await send(api, ("a.png", PNG, "image/png"))
        assert (refused.status_code, refused.json()["message"]) == (400, "No files are taken here")
        assert (await send(api)).status_code == 201


async def test_a_folder_has_the_bytes_where_one_is_set(serve: Any, tmp_path: Path) -> None:
    folder, strange = tmp_path / "files", tmp_path / "strange"
    strange.mkdir()
    async with serve(form=FormArgs(files_dir=folder)) as api:
        assert (await send(api, ("a.png", PNG, "image/png"), ("b.txt", b"b", "text/plain"), key="k")).status_code == 201
        assert (await send(api, ("a.png", PNG, "image/png"), ("b.txt", b"b", "text/plain"), key="k")).status_code == 201
        assert await api.pool.fetchval("SELECT count(content) FROM message_files") == 0
        assert [(await opened(api, n)).content for n in (0, 1)] == [PNG, b"b"]
        (folder / "notes of ours").write_text("x")

        async def swept(left_over_s: float) -> int:
            return await FolderSweep(pool=api.pool, folder=FileFolder(folder), left_over_s=left_over_s).run_once()

        assert (await swept(3_600.0), len(list(folder.iterdir()))) == (0, 5)
        for n in range(STRANGE):
            (strange / f"{uuid4()}.{n}").write_bytes(b"of another product, or of a database that is not read back yet")
        (strange / f"{uuid4()}.0").write_bytes(b"one more")
        assert await FolderSweep(pool=api.pool, folder=FileFolder(strange), left_over_s=0.0).run_once() == 0
        assert await swept(0.0) == 2  # what the repeated call wrote
        customer = await api.pool.fetchval("SELECT id FROM customers")
        assert (await api.client.post(f"/api/v1/customers/{customer}/erase", headers=STAFF)).status_code == 200
        assert (await swept(0.0), [file.name for file in folder.iterdir()]) == (2, ["notes of ours"])
        (folder / "notes of ours").unlink()
        folder.rmdir()
        folder.write_text("no folder")
        refused = await send(api, ("a.png", PNG, "image/png"))
        assert (refused.status_code, refused.json()["error"]) == (503, "UNAVAILABLE")
        assert await api.pool.fetchval("SELECT count(*) FROM inbox") == 0
