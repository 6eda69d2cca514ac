"""The Twilio stand-in under Twilio's own client: messages, lists, errors, windows, signed posts."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException  # type: ignore[import-untyped]
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from evaluation.providers.control_client import ControlClient, ControlError
from evaluation.providers.journal import Entry
from evaluation.providers.twilio import DEMO_TEMPLATE, TwilioOptions
from tests.fixtures.provider_clients import HostRewriter, Receiver
from tests.fixtures.waiting import wait_until

EVE, US = "+491701234567", "+14155238886"


def create(twilio: Client, **fields: Any) -> Any:
    return twilio.messages.create(**{"from_": f"whatsapp:{US}", "to": f"whatsapp:{EVE}", "body": "Hello", **fields})


def code_of(twilio: Client, **fields: Any) -> int:
    with pytest.raises(TwilioRestException) as caught:
        create(twilio, **fields)
    return int(caught.value.code)


def statuses(control: ControlClient, count: int) -> list[Entry]:
    return control.wait_for(count, kind="whatsapp_status")


@pytest.fixture
def open_window(twilio_control: ControlClient) -> None:
    twilio_control.set_number(EVE, window_open=True)


@pytest.mark.usefixtures("open_window")
def test_a_message_is_made_fetched_and_listed(twilio: Client, twilio_control: ControlClient) -> None:
    message = create(twilio)
    assert (message.status, message.direction, message.error_code) == ("queued", "outbound-api", None)
    assert message.sid.startswith("SM")
    statuses(twilio_control, 3)
    assert twilio.messages(message.sid).fetch().status == "read"
    (found,) = twilio.messages.list(to=f"whatsapp:{EVE}", from_=f"whatsapp:{US}")
    assert (found.sid, found.body) == (message.sid, "Hello")
    (entry,) = twilio_control.journal(kind="whatsapp_accepted")
    assert (entry.to, entry.body, entry.message_id) == ((f"whatsapp:{EVE}",), "Hello", message.sid)
    assert entry.request_id.startswith("RQ")


@pytest.mark.usefixtures("open_window")
def test_a_look_up_lists_by_recipient_and_time_over_pages(twilio: Client, twilio_control: ControlClient) -> None:
    began = datetime.now(UTC)
    for n in range(5):
        create(twilio, body=f"Part {n}")
    twilio_control.set_number("+491709999999", window_open=True)
    create(twilio, to="whatsapp:+491709999999")
    now = datetime.now(UTC)
    found = twilio.messages.list(to=f"whatsapp:{EVE}", page_size=2)
    assert [message.body for message in found] == [f"Part {n}" for n in (4, 3, 2, 1, 0)]
    recent = {"to": f"whatsapp:{EVE}", "date_sent_after": now - timedelta(minutes=5)}
    assert len(twilio.messages.list(**recent)) == 5
    assert twilio.messages.list(to=f"whatsapp:{EVE}", date_sent_after=now + timedelta(minutes=5)) == []
    assert twilio.messages.list(to=f"whatsapp:{EVE}", date_sent_before=now - timedelta(minutes=5)) == []
    # Two days, where midnight came in between.
    assert sum(len(twilio.messages.list(date_sent=day)) for day in {began.date(), now.date()}) == 6


@pytest.mark.usefixtures("open_window")
def test_h5_status_callbacks_are_signed_over_their_url_and_come_in_order(
    twilio: Client, twilio_control: ControlClient, twilio_options: TwilioOptions, receiver: Receiver
) -> None:
    url = f"{receiver.url}/webhooks/whatsapp/status?part=p-1"
    message = create(twilio, status_callback=url)
    twilio_control.wait_for(4, kind="status_callback")
    assert [form["MessageStatus"] for form in receiver.forms()] == ["queued", "sent", "delivered", "read"]
    assert {form["MessageSid"] for form in receiver.forms()} == {message.sid}
    validator = RequestValidator(twilio_options.auth_token)
    for (headers, _), form in zip(receiver.received, receiver.forms(), strict=True):
        assert validator.validate(url, form, headers["x-twilio-signature"])
        assert not validator.validate(url + "x", form, headers["x-twilio-signature"])


@pytest.fixture
def held_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A swapped notice waits for the next one however late a busy machine makes that."""
    monkeypatch.setattr("evaluation.providers.notices.HELD_AT_MOST_SECONDS", 60.0)


@pytest.mark.usefixtures("open_window", "held_long")
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("reorder", ["sent", "queued", "delivered", "read"]),
        ("duplicate", ["queued", "queued", "sent", "delivered", "read"]),
        ("drop", ["sent", "delivered", "read"]),
    ],
)
def test_h5_callbacks_out_of_order_repeated_and_lost(
    twilio: Client, twilio_control: ControlClient, receiver: Receiver, kind: str, expected: list[str]
) -> None:
    twilio_control.fault("status_callback", kind)
    create(twilio, status_callback=f"{receiver.url}/status")
    twilio_control.wait_for(len(expected), kind="status_callback")
    assert [form["MessageStatus"] for form in receiver.forms()] == expected


def test_r8_outside_the_window_free_text_is_accepted_and_then_undelivered(
    twilio: Client, twilio_control: ControlClient, receiver: Receiver
) -> None:
    message = create(twilio, status_callback=f"{receiver.url}/status")
    assert message.status == "queued"
    twilio_control.wait_for(2, kind="status_callback")
    assert (receiver.forms()[-1]["MessageStatus"], receiver.forms()[-1]["ErrorCode"]) == ("undelivered", "63016")
    assert twilio.messages(message.sid).fetch().error_code == 63016


def test_r8_a_customers_message_opens_the_window_for_24_hours(twilio: Client, twilio_control: ControlClient) -> None:
    twilio_control.write_whatsapp(EVE, "Hi")
    twilio_control.advance(23.9 * 3600)
    create(twilio)
    assert statuses(twilio_control, 1)[0].details["status"] == "sent"
    twilio_control.advance(0.2 * 3600)
    late = create(twilio)
    twilio_control.wait_for(1, kind="whatsapp_status", where=lambda entry: entry.details["error_code"] == 63016)
    assert twilio.messages(late.sid).fetch().status == "undelivered"


def test_r8_a_template_goes_out_outside_the_window(twilio: Client, twilio_control: ControlClient) -> None:
    sent = create(twilio, body=None, content_sid=DEMO_TEMPLATE, content_variables='{"1": "Eve", "2": "solved"}')
    assert sent.body == "Hello Eve, we have news: solved"
    assert statuses(twilio_control, 1)[0].details["status"] == "sent"
    assert code_of(twilio, body=None, content_sid="HX" + "9" * 32) == 21655
    assert code_of(twilio, body=None, content_sid=DEMO_TEMPLATE, content_variables='{"1": "Eve"}') == 21656
    assert code_of(twilio, body=None, content_sid=DEMO_TEMPLATE, content_variables="{") == 21656


class TestRefusals:
    @pytest.fixture
    def twilio_options(self) -> TwilioOptions:
        return TwilioOptions(blocked_prefixes=("+53",))

    def test_a_refused_request_makes_no_message(self, twilio: Client, twilio_control: ControlClient) -> None:
        twilio_control.set_number("+491700000001", unsubscribed=True)
        assert code_of(twilio, to="whatsapp:0170") == 21211
        assert code_of(twilio, to="whatsapp:+5352345678") == 21408
        assert code_of(twilio, to="whatsapp:+491700000001") == 21610
        assert code_of(twilio, to=EVE) == 21910
        assert code_of(twilio, from_="whatsapp:+14150000000") == 63007
        assert code_of(twilio, body="") == 21619
        assert code_of(twilio, status_callback="nowhere") == 21609
        assert twilio_control.journal(kind="whatsapp_accepted") == []

    def test_r2_a_body_has_1600_utf16_units_at_most(self, twilio: Client, twilio_control: ControlClient) -> None:
        create(twilio, body="x" * 1600)
        create(twilio, body="😀" * 800)
        assert code_of(twilio, body="x" * 1601) == 21658
        assert code_of(twilio, body="😀" * 801) == 21658
        assert len(twilio_control.journal(kind="whatsapp_accepted")) == 2


def test_wrong_credentials_are_20003(twilio_control: ControlClient, twilio_options: TwilioOptions) -> None:
    stranger = Client(twilio_options.account_sid, "wrong", http_client=HostRewriter(twilio_control.base_url))
    with pytest.raises(TwilioRestException) as caught:
        create(stranger)
    assert (caught.value.status, caught.value.code) == (401, 20003)


def test_the_account_can_be_asked_for(twilio: Client, twilio_options: TwilioOptions) -> None:
    assert twilio.api.accounts(twilio_options.account_sid).fetch().status == "active"


def test_stop_and_start(twilio: Client, twilio_control: ControlClient) -> None:
    twilio_control.write_whatsapp(EVE, "STOP")
    assert code_of(twilio) == 21610
    twilio_control.write_whatsapp(EVE, "start")
    create(twilio)


@pytest.mark.usefixtures("open_window")
def test_t_f2_a_message_is_accepted_and_its_response_lost(twilio: Client, twilio_control: ControlClient) -> None:
    twilio_control.fault("messages.create", "drop_answer")
    with pytest.raises(requests.ConnectionError):
        create(twilio)
    assert len(twilio_control.journal(kind="whatsapp_accepted")) == 1
    assert len(twilio.messages.list(to=f"whatsapp:{EVE}")) == 1


@pytest.mark.usefixtures("open_window")
def test_errors_before_and_after_acceptance(twilio: Client, twilio_control: ControlClient) -> None:
    twilio_control.fault("messages.create", "error_before", status=500)
    assert code_of(twilio) == 20500
    twilio_control.fault("messages.create", "rate_limited", seconds=3)
    assert code_of(twilio) == 20429
    assert twilio_control.journal(kind="whatsapp_accepted") == []
    twilio_control.fault("messages.create", "error_after")
    assert code_of(twilio) == 20503
    assert len(twilio_control.journal(kind="whatsapp_accepted")) == 1


@pytest.mark.usefixtures("open_window")
def test_t_f3_the_look_up_fails_too(twilio: Client, twilio_control: ControlClient) -> None:
    twilio_control.fault("messages.list", "error_before", times=2)
    for _ in range(2):
        with pytest.raises(TwilioException, match="20503"):
            twilio.messages.list(to=f"whatsapp:{EVE}")
    assert twilio.messages.list(to=f"whatsapp:{EVE}") == []


@pytest.mark.usefixtures("open_window")
def test_63018_and_a_number_that_is_not_on_whatsapp(twilio: Client, twilio_control: ControlClient) -> None:
    twilio_control.fault("messages.create", "undelivered", code=63018)
    create(twilio)
    assert statuses(twilio_control, 1)[0].details["error_code"] == 63018
    twilio_control.set_number(EVE, on_whatsapp=False)
    create(twilio)
    assert statuses(twilio_control, 2)[1].details["error_code"] == 63024


class TestRate:
    @pytest.fixture
    def twilio_options(self) -> TwilioOptions:
        return TwilioOptions(messages_per_second=3)

    @pytest.mark.usefixtures("open_window")
    def test_above_the_senders_rate_63018(self, twilio: Client, twilio_control: ControlClient) -> None:
        def refused() -> bool:
            """Whether one of four is, as soon as the machine is quick enough to send them within a second."""
            for _ in range(4):
                create(twilio)
            found = [entry.details["error_code"] for entry in twilio_control.journal(kind="whatsapp_status")]
            return 63018 in found

        wait_until(refused)


def test_h4_a_customers_message_is_posted_signed(
    twilio: Client, twilio_control: ControlClient, twilio_options: TwilioOptions, receiver: Receiver
) -> None:
    picture = {"content_type": "image/jpeg", "base64": "aGk="}
    sid = twilio_control.write_whatsapp(EVE, "Grüße 😀 & mehr", name="Eve", media=[picture])
    twilio_control.wait_for(1, kind="webhook")
    headers, _ = receiver.received[0]
    (form,) = receiver.forms()
    signature = headers["x-twilio-signature"]
    assert RequestValidator(twilio_options.auth_token).validate(twilio_options.webhook_url, form, signature)
    assert (form["MessageSid"], form["From"], form["To"]) == (sid, f"whatsapp:{EVE}", f"whatsapp:{US}")
    assert (form["Body"], form["ProfileName"], form["WaId"]) == ("Grüße 😀 & mehr", "Eve", EVE[1:])
    assert (form["NumMedia"], form["MediaContentType0"]) == ("1", "image/jpeg")
    secret = (twilio_options.account_sid, twilio_options.auth_token)
    assert requests.get(form["MediaUrl0"], auth=secret, timeout=60).content == b"hi"
    assert requests.get(form["MediaUrl0"], timeout=60).status_code == 401
    assert [message.direction for message in twilio.messages.list(from_=f"whatsapp:{EVE}")] == ["inbound"]


def test_t_l6_the_same_message_five_times(twilio_control: ControlClient, receiver: Receiver) -> None:
    sid = twilio_control.write_whatsapp(EVE, "Hi", copies=5)
    twilio_control.wait_for(5, kind="webhook")
    assert [form["MessageSid"] for form in receiver.forms()] == [sid] * 5


class TestRetries:
    @pytest.fixture
    def twilio_options(self, receiver: Receiver) -> TwilioOptions:
        return TwilioOptions(webhook_url=f"{receiver.url}/hook", read_seconds=60)

    def test_a_5xx_is_not_retried_by_default(self, twilio_control: ControlClient, receiver: Receiver) -> None:
        receiver.statuses = [503]
        twilio_control.write_whatsapp(EVE, "Hi")
        twilio_control.wait_for(1, kind="webhook")
        time.sleep(0.3)
        assert [entry.details["outcome"] for entry in twilio_control.journal(kind="webhook")] == ["5xx"]


class TestOverrides:
    @pytest.fixture
    def twilio_options(self, receiver: Receiver) -> TwilioOptions:
        return TwilioOptions(webhook_url=f"{receiver.url}/hook#rc=3&rp=all")

    def test_a_fragment_asks_for_more_and_is_not_signed(
        self, twilio_control: ControlClient, twilio_options: TwilioOptions, receiver: Receiver
    ) -> None:
        receiver.statuses = [503, 500]
        twilio_control.write_whatsapp(EVE, "Hi")
        attempts = twilio_control.wait_for(3, kind="webhook")
        assert [attempt.details["outcome"] for attempt in attempts] == ["5xx", "5xx", "ok"]
        tokens = {headers["i-twilio-idempotency-token"] for headers, _ in receiver.received}
        assert len(tokens) == 1
        (headers, _), form = receiver.received[0], receiver.forms()[0]
        validator = RequestValidator(twilio_options.auth_token)
        assert validator.validate(f"{receiver.url}/hook", form, headers["x-twilio-signature"])


class TestNobodyAnswers:
    @pytest.fixture
    def twilio_options(self, silent_url: str) -> TwilioOptions:
        return TwilioOptions(webhook_url=silent_url, read_seconds=0.3)

    def test_h4_without_an_answer_in_time_there_is_one_retry(self, twilio_control: ControlClient) -> None:
        sid = twilio_control.write_whatsapp(EVE, "Hi")
        attempts = twilio_control.wait_for(2, kind="webhook")
        time.sleep(0.6)
        assert [attempt.details["outcome"] for attempt in twilio_control.journal(kind="webhook")] == ["rt", "rt"]
        assert {attempt.message_id for attempt in attempts} == {sid}


def test_a_customers_message_is_posted_again_under_its_sid(twilio_control: ControlClient) -> None:
    sid = twilio_control.write_whatsapp(EVE, "Hello", copies=2)
    twilio_control.repeat_whatsapp(sid, copies=3)
    posts = twilio_control.wait_for(5, kind="webhook")
    assert {post.message_id for post in posts} == {sid}
    assert len(twilio_control.journal(kind="whatsapp_received")) == 1
    with pytest.raises(ControlError):
        twilio_control.repeat_whatsapp("SM0")


@pytest.mark.usefixtures("open_window")
def test_a_refusal_with_a_code_of_the_tests_choice(twilio: Client, twilio_control: ControlClient) -> None:
    twilio_control.fault("messages.create", "refused", code=63016)
    assert code_of(twilio) == 63016
    assert twilio_control.journal(kind="whatsapp_accepted") == []
    assert create(twilio).status == "queued"
