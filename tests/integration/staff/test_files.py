"""Issue 12: the staff open customers' files, which are fetched on demand, handed out to be saved, and written down."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from email.message import EmailMessage

import httpx
import pytest

from tests.fixtures.mail_channel import ADDRESS, Post, control, gmail_options, post
from tests.fixtures.office import ANN
from tests.integration.api.serving import Served, arguments, running
from tests.integration.mail.test_mail_pushes import gmail_args

__all__ = ["control", "gmail_options", "post"]

PHOTO = os.urandom(300_000)
PAGE = b"<script>alert(1)</script>"


@pytest.fixture
async def api(post: Post, database_url: str) -> AsyncIterator[Served]:
    """The API with the Gmail account of `post`."""
    args = arguments(database_url, gmail=gmail_args(post.options, post.control.base_url))
    async with running(args) as served:
        yield served


async def with_files(post: Post) -> str:
    """Let a mail with a picture and a page come in; returns the path of its files."""
    worker = await post.connected()
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "eve@example.com", ADDRESS, "See the files"
    mail.set_content("Here they are.")
    mail.add_attachment(PHOTO, maintype="image", subtype="png", filename="Bild ä.png")
    mail.add_attachment(PAGE, maintype="text", subtype="html", filename="page.html")
    post.control.inject_raw_mail(bytes(mail))
    await worker.run_once()
    [row] = await post.store.rows("SELECT id, conversation_id FROM messages")
    return f"/api/v1/conversations/{row['conversation_id']}/messages/{row['id']}/files"


async def openings(post: Post) -> list[tuple[str, int]]:
    rows = await post.store.rows("SELECT actor, n FROM file_openings ORDER BY opened_at, id")
    return [(row["actor"], row["n"]) for row in rows]


def assert_never_executed(response: httpx.Response) -> None:
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"].startswith("sandbox")
    assert response.headers["Cache-Control"] == "no-store"


async def test_files_of_a_mail_are_fetched_saved_and_written_down(post: Post, api: Served) -> None:
    path = await with_files(post)
    photo = await api.client.get(f"{path}/0", headers=ANN)
    assert (photo.status_code, photo.content) == (200, PHOTO)
    assert photo.headers["Content-Type"] == "image/png"
    assert photo.headers["Content-Disposition"].endswith("filename*=UTF-8''Bild%20%C3%A4.png")
    page = await api.client.get(f"{path}/1", headers=ANN)
    assert (page.content.strip(), page.headers["Content-Type"]) == (PAGE, "application/octet-stream")
    for response in (photo, page):
        assert_never_executed(response)
    assert await openings(post) == [("ann", 0), ("ann", 1)]
    shown = (await api.client.get(path.partition("/messages")[0], headers=ANN)).json()
    assert [(one["staff"], one["n"]) for one in shown["openings"]] == [("ann", 0), ("ann", 1)]
    assert [file["content_type"] for file in shown["messages"][0]["attachments"]] == ["image/png", "text/html"]


async def test_no_file_without_a_key_and_none_that_is_not_there(post: Post, api: Served) -> None:
    path = await with_files(post)
    assert (await api.client.get(f"{path}/0")).status_code == 401
    assert (await api.client.get(f"{path}/2", headers=ANN)).status_code == 404
    assert (await api.client.get(f"{path}/-1", headers=ANN)).status_code == 400
    assert await openings(post) == []
    await post.store.execute("UPDATE messages SET provider_message_id = 'ffffffffffffffff'")
    gone = await api.client.get(f"{path}/0", headers=ANN)
    assert (gone.status_code, gone.json()["error"]) == (404, "FILE_GONE")


async def test_a_file_of_a_channel_without_credentials_says_so(post: Post, database_url: str) -> None:
    path = await with_files(post)
    async with running(arguments(database_url)) as served:
        refused = await served.client.get(f"{path}/0", headers=ANN)
    assert (refused.status_code, refused.json()["error"]) == (409, "CHANNEL_OFF")
