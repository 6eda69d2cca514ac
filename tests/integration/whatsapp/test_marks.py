"""Issue 13: one question after a resolution, by WhatsApp and mail; the answer is a mark and opens no ticket."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from db.records import Channel
from deployments.reporting.rating_questions import RatingQuestions
from ingest.whatsapp.marks import mark_of
from ingest.whatsapp.message import parse
from serve_app.api.public.status_link import rating_link, rating_token, status_token
from tests.fixtures.waiting import eventually
from tests.fixtures.whatsapp_channel import EVE, Line
from tests.integration.api.serving import SECRET, STAFF_KEY
from tests.integration.whatsapp.test_channel_intake import handled, mail

RESOLVED = "UPDATE tickets SET status = 'resolved', moved_by = 'staff' WHERE status = 'waiting'"


async def asked(line: Line, *channels: Channel, off: Channel | None = None) -> int:
    """Let the periodic task ask; returns how many customers."""

    async def reasons() -> dict[Channel, str]:
        return {off: "off"} if off else {}

    def link(number: str) -> str:
        return rating_link("https://desk.example", SECRET, number)

    questions = RatingQuestions(pool=line.store.pool, channels=channels, links=link, off=reasons, after_s=0.0)
    return await questions.run_once()


async def wrote(line: Line, text: str, number: str = EVE) -> None:
    """Let a customer write, and wait until it is stored."""
    before = await line.store.value("SELECT count(*) FROM inbox")
    await line.write(number, text)
    await eventually(lambda: more(line, before))


async def ratings(line: Line) -> dict[str, int]:
    """The marks in today's digest."""
    day, staff = f"{datetime.now(UTC):%Y-%m-%d}", {"Authorization": f"Bearer {STAFF_KEY}"}
    answer = await line.client.get("/api/v1/metrics/digest", params={"day": day}, headers=staff)
    found: dict[str, int] = answer.json()["digest"]["totals"]["ratings"]
    return found


async def more(line: Line, before: int) -> bool:
    return bool(await line.store.value("SELECT count(*) FROM inbox") > before)


async def test_a_whatsapp_customer_is_asked_once_and_the_answer_is_a_mark(line: Line) -> None:
    await line.answered("How do I reset my password?")
    await line.deliver()
    await line.all_in("sent")
    assert await asked(line, "whatsapp") == 0  # it is answered, and not resolved
    await line.store.execute(RESOLVED)
    assert await asked(line, "email") == 0
    assert await asked(line, "whatsapp", off="whatsapp") == 0
    assert await asked(line, "whatsapp") == 1
    assert await asked(line, "whatsapp") == 0
    await line.all_in("sent")
    number = await line.store.value("SELECT number FROM tickets ORDER BY number LIMIT 1")
    assert f"Was our answer to {number} any help?" in line.accepted()[-1].body

    await wrote(line, "1")
    rows = await line.store.rows("SELECT channel, good FROM ticket_ratings")
    assert [tuple(row.values()) for row in rows] == [("whatsapp", True)]
    assert await ratings(line) == {"good": 1, "bad": 0, "asked": 1}
    assert await line.store.value("SELECT count(*) FROM inbox WHERE state = 'waiting'") == 0
    assert await line.store.value("SELECT count(*) FROM tickets WHERE status NOT IN ('resolved', 'closed')") == 0
    # The second mark is a message: the question was answered.
    await wrote(line, "2")
    assert await line.store.value("SELECT count(*) FROM inbox WHERE state = 'waiting'") == 1
    assert await line.store.value("SELECT good FROM ticket_ratings")


async def test_what_is_no_answer_to_the_question_is_a_message(line: Line) -> None:
    await line.answered("How do I reset my password?")
    await wrote(line, "2")  # nobody has asked
    assert await line.store.value("SELECT count(*) FROM ticket_ratings") == 0
    assert await line.store.value("SELECT count(*) FROM inbox WHERE state = 'waiting'") == 1


async def test_a_repeated_webhook_marks_once_and_opens_nothing(line: Line) -> None:
    await line.answered("How do I reset my password?")
    await line.deliver()
    await line.all_in("sent")
    await line.store.execute(RESOLVED)
    await asked(line, "whatsapp")
    await line.all_in("sent")
    sid = await line.write(EVE, "no")
    await eventually(lambda: more(line, 1))
    account = {"AccountSid": "AC" + "0" * 32, "To": "whatsapp:+15550006666"}
    params = {"MessageSid": sid, "From": f"whatsapp:{EVE}", "Body": "no", **account}
    assert (await line.post("/webhooks/whatsapp", params)).status_code == 200
    assert await line.store.value("SELECT count(*) FROM inbox") == 2
    assert await line.store.value("SELECT good FROM ticket_ratings") is False


async def test_a_mail_customer_gets_a_link_that_marks_and_opens_nothing_else(line: Line) -> None:
    assert await handled(line.store, mail()) == "answered"
    number = await line.store.value("SELECT number FROM tickets")
    await line.store.execute(RESOLVED)
    assert await asked(line, "whatsapp", "email") == 1
    [row] = await line.store.rows("SELECT body, subject, author FROM outbox WHERE author = 'system'")
    token = rating_token(SECRET, number)
    assert f"https://desk.example/rate#{number}:{token}" in row["body"]
    assert (row["subject"], row["author"]) == ("Was our answer any help?", "system")

    path = f"/api/v1/tickets/{number}"
    assert (await line.client.get(path, params={"token": token})).status_code == 404
    assert status_token(SECRET, number) != token
    marked = await line.client.post(f"{path}/rating", params={"token": token}, json={"good": False})
    assert marked.json() == {"ticket_id": number, "good": False, "status": "resolved"}


@pytest.mark.parametrize(
    ("text", "mark"),
    [("1", True), (" Yes! ", True), ("👍🏽", True), ("2.", False), ("NEIN", False), ("3", None), ("1 more thing", None),
     ("no " * 4_000, None), ("", None)],
)  # fmt: skip
def test_only_a_mark_alone_is_a_mark(text: str, mark: bool | None) -> None:
    fields = {"MessageSid": "SM" + "0" * 32, "From": f"whatsapp:{EVE}", "To": "whatsapp:+1", "Body": text}
    assert mark_of(parse(list(fields.items()))) is mark
