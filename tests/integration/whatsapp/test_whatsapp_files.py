"""Issue 12: media of WhatsApp are fetched from Twilio when a person opens them."""

from __future__ import annotations

import base64
import os
from dataclasses import replace
from uuid import uuid4

import pytest

from deployments.channels.files import FileGoneError, FileTooLargeError, StoredFile
from deployments.channels.whatsapp.files import TwilioFiles
from evaluation.providers.twilio import TwilioOptions
from tests.fixtures.waiting import eventually
from tests.fixtures.whatsapp_channel import EVE, Line
from tests.integration.api.serving import STAFF_KEY

PHOTO = os.urandom(5_000)


async def with_photo(line: Line) -> StoredFile:
    """Let Eve send a photo; returns what is stored of it."""
    sid = await line.write(EVE, "", media=[{"content_type": "image/jpeg", "base64": base64.b64encode(PHOTO).decode()}])
    media = "SELECT payload -> 'metadata' -> 'media' ->> 0 FROM inbox"

    async def so() -> bool:
        return bool(await line.store.value(media))

    await eventually(so, within_s=30)
    return StoredFile(
        message_id=uuid4(), provider_message_id=sid, n=0, filename="image-1.jpg", content_type="image/jpeg",
        media_id=await line.store.value(media),
    )  # fmt: skip


def account(line: Line, limit: int) -> TwilioFiles:
    options = TwilioOptions()
    return TwilioFiles(
        account_sid=options.account_sid, auth_token=options.auth_token, base_url=line.control.base_url, limit=limit
    )


async def test_a_photo_is_fetched_from_twilio_and_handed_out_to_be_saved(line: Line) -> None:
    await with_photo(line)
    [row] = await line.store.rows("SELECT id, conversation_id FROM messages WHERE direction = 'inbound'")
    path = f"/conversations/{row['conversation_id']}/messages/{row['id']}/files"
    headers = {"Authorization": f"Bearer {STAFF_KEY}"}
    photo = await line.client.get(f"{path}/0", headers=headers)
    assert (photo.status_code, photo.content, photo.headers["Content-Type"]) == (200, PHOTO, "image/jpeg")
    assert photo.headers["Content-Disposition"].startswith("attachment;")
    assert await line.store.value("SELECT actor FROM file_openings") == "ann"
    assert (await line.client.get(f"{path}/1", headers=headers)).status_code == 404


async def test_a_file_that_is_too_large_or_gone_is_refused(line: Line) -> None:
    photo = await with_photo(line)
    assert await account(line, len(PHOTO)).fetch(photo) == PHOTO
    with pytest.raises(FileTooLargeError):
        await account(line, len(PHOTO) - 1).fetch(photo)
    gone = replace(photo, provider_message_id="MM" + "0" * 32)
    with pytest.raises(FileGoneError):
        await account(line, 10).fetch(gone)
