"""Issue 12: every word of a mail is stored, what we sent is the evidence of what is quoted, and doubtful mail is a
person's."""

from __future__ import annotations

import pytest

from db.pool import acquire
from db.staff.conversations import conversation_file
from tests.fixtures.mail_channel import NONE, Post


async def test_a_quotation_is_found_by_what_we_sent_and_staff_see_all_of_the_mail(post: Post) -> None:
    worker = await post.connected()
    first = post.question("How do I export a board?")
    await worker.run_once()
    await post.answer_all()
    sent = await post.store.value("SELECT content FROM messages WHERE direction = 'outbound'")
    written = f"It stops at 90 %.\n\nGwreiddiol Nordlys 2 Mawrth 2026 <a@b.example>:\n\n{sent}"
    post.question(written, subject="Re: Login", reply_to=first["id"])
    await worker.run_once()
    (row,) = await post.store.rows(
        "SELECT conversation_id, content FROM messages WHERE direction = 'inbound' ORDER BY created_at DESC LIMIT 1"
    )
    assert row["content"] == "It stops at 90 %."
    async with acquire(post.store.pool) as connection:
        shown = await conversation_file(connection, row["conversation_id"])
    assert shown is not None
    assert "Gwreiddiol" in (shown.messages[-1].full_text or "")
    assert shown.messages[0].full_text is None


@pytest.mark.parametrize("headers", [{"List-Id": "<talk.lists.example.com>"}, {"Resent-From": "x@example.net"}])
async def test_doubtful_mail_is_filed_for_a_person_and_gets_no_automatic_word(
    post: Post, headers: dict[str, str]
) -> None:
    worker = await post.connected()
    post.question("My parcel is late, where is it?", headers=headers or NONE)
    await worker.run_once()
    await post.answer_all()
    (row,) = await post.store.rows("SELECT state, payload -> 'metadata' ->> 'doubtful' AS doubtful FROM inbox")
    assert row["state"] == "escalated"
    assert row["doubtful"]
    (withheld,) = await post.store.rows("SELECT state, last_error FROM outbox")
    assert withheld == {"state": "cancelled", "last_error": "withheld: perhaps no person wrote this mail"}
    assert await post.store.value("SELECT owner FROM conversations") == "staff"
