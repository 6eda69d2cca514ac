"""H4, H5, T-S1, T-L6: what Twilio posts, who signed it, and what it changes."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any

import httpx
import pytest

from db.outbound import whatsapp_parts
from db.pool import acquire
from deployments.channels.whatsapp.delivery_status import PartKey
from evaluation.providers.control_client import ControlClient
from evaluation.providers.twilio.inbound import inbound_form, status_form
from evaluation.providers.twilio.messages import Message, new_sid
from tests.fixtures.ports import deaf_port
from tests.fixtures.waiting import eventually
from tests.fixtures.whatsapp_channel import EVE, INBOUND, STATUS, Line, Store, base_url, opened_line, twilio_args

TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


def form(text: str = "How do I export a board?", *, number: str = EVE, **changes: str) -> dict[str, str]:
    """An ordinary message as Twilio posts it."""
    return inbound_form(message(text, number=number), name="Eve", media_base="http://127.0.0.1:9") | changes


def message(text: str, *, number: str = EVE, sid: str | None = None) -> Message:
    now: Any = None
    return Message(
        sid=sid or new_sid("SM"),
        account_sid="AC" + "5" * 32,
        sender=f"whatsapp:{number}",
        to="whatsapp:+14155238886",
        body=text,
        direction="inbound",
        status="received",
        created_at=now,
        updated_at=now,
    )


async def stored_texts(line: Line) -> list[str]:
    return [row["content"] for row in await line.store.rows("SELECT content FROM messages ORDER BY created_at")]


async def test_h4_a_signed_message_is_stored(line: Line) -> None:
    for n, path in enumerate((INBOUND, f"/api/v1{INBOUND}", f"{INBOUND}?source=sandbox")):
        answer = await line.post(path, form(f"Question {n}"))
        assert (answer.status_code, answer.text) == (200, TWIML)
        assert answer.headers["content-type"].startswith("text/xml")
    assert await stored_texts(line) == ["Question 0", "Question 1", "Question 2"]


async def test_h4_parameters_that_twilio_may_add_belong_to_the_signature(line: Line) -> None:
    params = form() | {"BrandNewParameter": "ünïcode & more", "Empty": ""}
    assert (await line.post(INBOUND, params)).status_code == 200


PATHS = (INBOUND, STATUS, f"/api/v1{INBOUND}", f"/api/v1{STATUS}")


async def test_t_s1_a_post_without_twilios_signature_is_403_and_stores_nothing(line: Line) -> None:
    for path in PATHS:
        for what, answer in (await forgeries(line, path)).items():
            assert (answer.status_code, answer.json()["error"]) == (403, "FORBIDDEN"), (path, what)
            assert answer.json()["request_id"], what
    assert await stored_texts(line) == []


async def forgeries(line: Line, path: str) -> dict[str, httpx.Response]:
    params = form()
    right = line.signature(path, list(params.items()))
    return {
        "no signature": await line.post(path, params, signature=""),
        "wrong": await line.post(path, params, signature="AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        "nonsense": await line.post(path, params, signature="%00 not base64"),
        "of another message": await line.post(path, form("Pay Mallory"), signature=right),
        "of another path": await line.post(
            path, params, signature=line.signature("/webhooks/other", list(params.items()))
        ),
        "of another query": await line.post(f"{path}?a=1", params, signature=right),
        "with one more field": await line.post(path, params | {"Extra": "1"}, signature=right),
    }


async def test_h4_the_signed_url_is_the_public_one_whatever_host_the_request_names(line: Line) -> None:
    """Behind a TLS proxy Host and scheme are others; a caller who names them gains nothing."""
    params = form()
    right = line.signature(INBOUND, list(params.items()))
    lies = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    answer = await line.client.post(INBOUND, data=params, headers={"X-Twilio-Signature": right, **lies})
    assert answer.status_code == 200
    for url in ("https://evil.example", "http://evil.example", line.url.replace("127.0.0.1", "localhost")):
        validator_says = _signed_for(f"{url}{INBOUND}", params)
        answer = await line.client.post(
            INBOUND, data=params, headers={"X-Twilio-Signature": validator_says, "Host": "evil.example"}
        )
        assert answer.status_code == 403


def _signed_for(url: str, params: dict[str, str]) -> str:
    from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

    return str(RequestValidator("stand-in-auth-token").compute_signature(url, params))


async def test_h4_a_public_base_url_with_a_path_is_part_of_what_is_signed(
    listener: socket.socket, control: ControlClient, store: Store, database_url: str
) -> None:
    async with opened_line(listener, control, store, database_url) as line:
        params = form()
        url = f"{base_url(listener)}{INBOUND}"
        assert (await line.post(INBOUND, params, signature=_signed_for(url, params))).status_code == 200


MALFORMED: list[tuple[str, dict[str, str]]] = [
    (INBOUND, {}),
    (INBOUND, {"MessageSid": "SM1"}),
    (INBOUND, form(MessageSid="", SmsSid="", SmsMessageSid="")),
    (INBOUND, form(From="+491701234567")),
    (INBOUND, form(From="whatsapp:nobody")),
    (STATUS, {"MessageSid": "SM123"}),
    (STATUS, {"MessageSid": "SM123", "MessageStatus": "exploded"}),
    (f"{STATUS}?part=nonsense", {"MessageSid": "SM123", "MessageStatus": "sent"}),
    (f"{STATUS}?part=0.x", {"MessageSid": "SM123", "MessageStatus": "sent"}),
]


async def test_h4_h5_a_signed_post_without_its_required_fields_is_400(line: Line) -> None:
    for path, params in MALFORMED:
        answer = await line.post(path, params)
        assert (answer.status_code, answer.json()["error"]) == (400, "BAD_REQUEST"), params
    assert await stored_texts(line) == []


@pytest.mark.parametrize("path", [INBOUND, STATUS])
async def test_h4_h5_a_body_that_is_no_form_is_400_or_403(line: Line, path: str) -> None:
    nothing = {"X-Twilio-Signature": line.signature(path, [])}
    for body, expected in ((b"", 400), (b"\xff\xfe", 400), (b'{"MessageSid": "SM1"}', 403), (b"a=1&" * 300, 400)):
        answer = await line.client.post(path, content=body, headers=nothing)
        assert answer.status_code == expected, body
    assert await stored_texts(line) == []


async def test_h4_nul_and_lone_surrogates_are_taken_out(line: Line) -> None:
    assert (await line.post(INBOUND, form("a\0b\u202ec"))).status_code == 200
    assert await stored_texts(line) == ["abc"]


@pytest.mark.parametrize("changes", [{"enabled_channels": ("web_form",)}, {"twilio": None}])
async def test_h4_a_channel_that_is_off_refuses_every_post_with_the_reason(
    listener: socket.socket, control: ControlClient, store: Store, database_url: str, changes: dict[str, Any]
) -> None:
    if "twilio" in changes:
        changes = {"twilio": twilio_args(control, number=None)}
    async with opened_line(listener, control, store, database_url, **changes) as line:
        for path in (INBOUND, STATUS):
            answer = await line.post(path, form())
            assert (answer.status_code, answer.json()["error"]) == (403, "CHANNEL_OFF")
            assert "TWILIO_WHATSAPP_NUMBER" in answer.text or "ENABLED_CHANNELS" in answer.text
        assert (await line.client.get("/health")).json()["components"]["whatsapp"]["status"] == "off"


async def test_t_k4_without_the_database_it_is_503_and_nothing_is_acknowledged(
    listener: socket.socket, control: ControlClient, store: Store, database_url: str
) -> None:
    away = f"postgresql://nobody@127.0.0.1:{deaf_port()}/nothing"
    async with opened_line(listener, control, store, away) as line:
        for path, params in ((INBOUND, form()), (STATUS, {"MessageSid": "SM12", "MessageStatus": "sent"})):
            answer = await line.post(path, params)
            assert (answer.status_code, answer.json()["error"]) == (503, "UNAVAILABLE")
            assert int(answer.headers["Retry-After"]) >= 1


async def test_t_l6_the_same_post_five_times_three_at_once(line: Line) -> None:
    posts = [form(f"Message {n}", number=f"+4917012345{n:02}") for n in range(20)]
    gate = asyncio.Semaphore(3)

    async def once(params: dict[str, str]) -> httpx.Response:
        async with gate:
            return await line.post(INBOUND, params)

    answers = await asyncio.gather(*(once(params) for params in posts for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    for table in ("inbox", "tickets", "customers", "conversations", "messages", "events"):
        assert await line.store.value(f"SELECT count(*) FROM {table}") == 20, table
    assert await line.store.violations(within_s=60) == {}


async def test_r9_media_without_words_are_kept_with_their_names(line: Line) -> None:
    media = {
        "NumMedia": "2",
        "MessageType": "image",
        "MediaContentType0": "image/jpeg",
        "MediaContentType1": "audio/ogg",
    }
    assert (await line.post(INBOUND, form("", **media))).status_code == 200
    [row] = await line.store.rows("SELECT payload FROM inbox")
    assert [file["filename"] for file in row["payload"]["attachments"]] == ["image-1.jpg", "audio-2.ogg"]
    assert await line.store.value("SELECT subject FROM tickets") == "image-1.jpg, audio-2.ogg"


async def test_h4_the_wake_is_published_when_the_quiet_gap_ends(line: Line, kafka_server: Any) -> None:
    """There is no broker here: the wake of the relay shows when the gap ends."""
    started = time.monotonic()
    await line.post(INBOUND, form())

    async def claimed() -> bool:
        return bool(await line.store.value("SELECT retry_at <= now() FROM events"))

    await eventually(claimed)
    assert time.monotonic() - started >= 0.25


async def test_h5_statuses_only_move_forward(line: Line) -> None:
    await line.answered("How do I export a board?")
    await line.deliver()
    [accepted] = await line.wait_for(1, kind="whatsapp_accepted")
    callback = accepted.details["status_callback"]
    assert callback.startswith(f"{line.url}{STATUS}?part=")
    await line.wait_for(4, kind="status_callback")
    path = callback.removeprefix(line.url)
    for status in ("queued", "sent", "read", "delivered", "sent", "undelivered"):
        assert (await line.post(path, status_callback(accepted.message_id, status))).text == TWIML
    assert await delivery_status(line) == "read"
    [part] = await line.store.rows("SELECT state, status, provider_ref FROM outbox_parts")
    assert part == {"state": "sent", "status": "read", "provider_ref": accepted.message_id}
    assert await line.states() == ["sent"]


async def test_h5_a_callback_without_our_parameter_is_matched_by_twilios_sid(line: Line) -> None:
    await line.answered("How do I export a board?")
    line.control.fault("status_callback", "drop", times=None)
    await line.deliver()
    [accepted] = await line.wait_for(1, kind="whatsapp_accepted")
    await line.all_in("sent")
    assert (await line.post(STATUS, status_callback(accepted.message_id, "delivered"))).status_code == 200
    assert await delivery_status(line) == "delivered"
    assert (
        await line.post(STATUS, status_callback(new_sid("SM"), "delivered"))
    ).status_code == 200  # somebody else's message


async def test_h5_another_sid_for_the_same_part_shows_in_health_and_changes_nothing(line: Line) -> None:
    await line.answered("How do I export a board?")
    await line.deliver()
    [accepted] = await line.wait_for(1, kind="whatsapp_accepted")
    await line.all_in("sent")
    path = accepted.details["status_callback"].removeprefix(line.url)
    assert (await line.post(path, status_callback(new_sid("SM"), "delivered"))).status_code == 200
    part = PartKey.parse(path.partition("=")[2])
    async with acquire(line.store.pool) as connection:
        noted = await whatsapp_parts.note_status(
            connection, part.outbox_id, part.n,
            provider_ref=new_sid("SM"), status="delivered", behind=["sent"], error_code=None,
        )  # fmt: skip
    assert noted is not None
    assert (noted.doubled, noted.is_new) == (True, False)
    whatsapp_says = (await line.client.get("/health")).json()["components"]["whatsapp"]
    assert (whatsapp_says["status"], "twice" in whatsapp_says["detail"]) == ("degraded", True)
    assert await line.store.value("SELECT provider_ref FROM outbox_parts") == accepted.message_id


async def delivery_status(line: Line) -> str:
    return str(await line.store.value("SELECT delivery_status FROM messages WHERE author = 'agent'"))


def status_callback(sid: str, status: str) -> dict[str, str]:
    """A status callback."""
    outgoing = message("", sid=sid)
    outgoing.status = status
    return status_form(outgoing)


async def test_h6_health_shows_the_whatsapp_channel(line: Line) -> None:
    async def whatsapp() -> dict[str, str]:
        component: dict[str, str] = (await line.client.get("/health")).json()["components"]["whatsapp"]
        return component

    assert (await whatsapp())["status"] == "degraded"  # delivery has not reported a status yet
    delivery = await line.deliver()

    async def healthy() -> bool:
        return (await whatsapp())["status"] == "healthy"

    await eventually(healthy)
    assert line.control.base_url in (await whatsapp())["detail"]  # a stand-in is shown as one
    line.control.fault("accounts.fetch", "error_before", times=None)

    async def degraded() -> bool:
        return (await whatsapp())["status"] == "degraded"

    await eventually(degraded)
    assert delivery.status()[0] == "healthy"  # the other channels go on


async def test_h4_a_channel_that_is_off_in_channel_configs_takes_no_message_and_still_hears_of_deliveries(
    line: Line,
) -> None:
    await line.store.execute("UPDATE channel_configs SET enabled = false WHERE channel = 'whatsapp'")
    refused = await line.post(INBOUND, form())
    assert (refused.status_code, refused.json()["error"]) == (403, "CHANNEL_OFF")
    assert "channel_configs" in refused.json()["message"]
    assert await stored_texts(line) == []
    status = await line.post(STATUS, {"MessageSid": "SM" + "1" * 32, "MessageStatus": "delivered"})
    assert status.status_code == 200
    health = (await line.client.get("/health")).json()["components"]["whatsapp"]
    assert (health["status"], "channel_configs" in health["detail"]) == ("off", True)
