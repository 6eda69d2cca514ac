"""Pushes: signed as Google signs, one a second, repeated until acknowledged; and the certificates to check them."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from google.auth import exceptions
from google.auth.transport.requests import Request
from google.oauth2 import id_token

from evaluation.providers.control_client import ControlClient
from evaluation.providers.gmail import GmailOptions
from tests.fixtures.provider_clients import Receiver

DAY = 86_400


def watched(gmail: Any, options: GmailOptions, **fields: Any) -> dict[str, Any]:
    answer: dict[str, Any] = gmail.watch(userId="me", body={"topicName": options.topic, **fields}).execute()
    return answer


def mail(control: ControlClient, subject: str = "Login") -> dict[str, Any]:
    return control.write_mail(sender="eve@example.com", subject=subject, text="How?")


def verified(token: str, control: ControlClient, path: str = "/oauth2/v1/certs", audience: str | None = None) -> Any:
    return id_token.verify_token(token, Request(), audience=audience, certs_url=control.base_url + path)


@pytest.mark.parametrize("path", ["/oauth2/v1/certs", "/oauth2/v3/certs"])
def test_h3_a_push_carries_the_hint_and_a_token_that_google_auth_accepts(
    gmail: Any, gmail_control: ControlClient, gmail_options: GmailOptions, receiver: Receiver, path: str
) -> None:
    watched(gmail, gmail_options, labelIds=["INBOX"])
    incoming = mail(gmail_control)
    gmail_control.wait_for(1, kind="push")

    headers, raw = receiver.received[0]
    envelope = json.loads(raw)
    data = json.loads(base64.b64decode(envelope["message"]["data"]))
    assert data == {"emailAddress": "support@example.com", "historyId": int(incoming["history_id"])}
    assert envelope["subscription"] == gmail_options.subscription
    claims = verified(headers["authorization"].removeprefix("Bearer "), gmail_control, path, gmail_options.push_url)
    assert claims["iss"] == "https://accounts.google.com"
    assert (claims["email"], claims["email_verified"]) == (gmail_options.push_service_account, True)


def test_r6_a_watch_lasts_seven_days_and_covers_its_labels(
    gmail: Any, gmail_control: ControlClient, gmail_options: GmailOptions
) -> None:
    mail(gmail_control)
    before = int(time.time())
    answer = watched(gmail, gmail_options, labelIds=["INBOX"])
    assert before <= int(answer["expiration"]) / 1000 - 7 * DAY <= time.time()
    gmail_control.answer_as_person(reply_to=mail(gmail_control)["id"], text="in SENT, so not pushed")
    gmail_control.wait_for(1, kind="push")
    gmail_control.advance(7 * DAY + 1)
    mail(gmail_control)
    watched(gmail, gmail_options)
    mail(gmail_control)
    gmail_control.wait_for(2, kind="push")
    gmail.stop(userId="me").execute()
    gmail_control.advance(2)
    mail(gmail_control)
    time.sleep(0.3)
    assert len(gmail_control.journal(kind="push")) == 2
    assert len(gmail_control.journal(kind="watch_set")) == 2


class TestInterval:
    @pytest.fixture
    def gmail_options(self, receiver: Receiver) -> GmailOptions:
        return GmailOptions(push_url=f"{receiver.url}/webhooks/gmail", push_interval_seconds=3600)

    def test_r6_at_most_one_event_an_interval_the_rest_is_dropped(
        self, gmail: Any, gmail_control: ControlClient, gmail_options: GmailOptions
    ) -> None:
        """By default a second, in which a slow machine may not write five mails."""
        assert GmailOptions().push_interval_seconds == 1
        watched(gmail, gmail_options)
        for n in range(5):
            mail(gmail_control, f"Question {n}")
        gmail_control.advance(3600)
        last = mail(gmail_control)
        pushes = gmail_control.wait_for(2, kind="push")
        assert [push.details["historyId"] for push in pushes][-1] == int(last["history_id"])
        assert len(pushes) == 2


def test_a_push_is_repeated_until_it_is_acknowledged(gmail_control: ControlClient, receiver: Receiver) -> None:
    receiver.statuses = [503, 401]
    gmail_control.push()
    attempts = gmail_control.wait_for(3, kind="push")
    assert [attempt.details["status"] for attempt in attempts] == [503, 401, 200]
    assert len({json.loads(raw)["message"]["messageId"] for _, raw in receiver.received}) == 1


@pytest.fixture
def held_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A swapped notice waits for the next one however late a busy machine makes that."""
    monkeypatch.setattr("evaluation.providers.notices.HELD_AT_MOST_SECONDS", 60.0)


@pytest.mark.usefixtures("held_long")
def test_t_l7_pushes_are_dropped_repeated_and_swapped_on_order(gmail_control: ControlClient) -> None:
    def pushed() -> list[int]:
        return [push.details["historyId"] for push in gmail_control.journal(kind="push")]

    gmail_control.fault("push", "drop")
    gmail_control.push(historyId=1)
    gmail_control.fault("push", "reorder")
    gmail_control.push(historyId=2)
    gmail_control.push(historyId=3)
    gmail_control.wait_for(2, kind="push")
    gmail_control.fault("push", "duplicate", copies=3)
    gmail_control.push(historyId=4)
    gmail_control.wait_for(5, kind="push")
    gmail_control.fault("push", "delay", seconds=5)
    gmail_control.push(historyId=5)
    gmail_control.push(historyId=6)
    gmail_control.wait_for(7, kind="push")
    assert pushed() == [3, 2, 4, 4, 4, 6, 5]


def test_a_swapped_push_that_nothing_follows_still_leaves(gmail_control: ControlClient) -> None:
    gmail_control.fault("push", "reorder")
    gmail_control.push(historyId=1)
    assert gmail_control.wait_for(1, kind="push")


def test_t_s1_forged_tokens_are_forged_as_described(gmail_control: ControlClient) -> None:
    now = int(time.time())
    verified(gmail_control.id_token(aud="us"), gmail_control, audience="us")
    forged = [
        gmail_control.id_token(by_stranger=True),
        gmail_control.id_token(iat=now - 7200, exp=now - 3600),
        gmail_control.id_token(headers={"kid": "unknown"}),
    ]
    for token in forged:
        with pytest.raises((exceptions.GoogleAuthError, ValueError)):
            verified(token, gmail_control)
    with pytest.raises(exceptions.InvalidValue):
        verified(gmail_control.id_token(aud="them"), gmail_control, audience="us")
    unverified = verified(gmail_control.id_token(email_verified=False, email=None), gmail_control)
    assert (unverified["email_verified"], "email" in unverified) == (False, False)


def test_keys_rotate_and_the_one_before_is_still_served(gmail_control: ControlClient) -> None:
    before = gmail_control.id_token()
    gmail_control.rotate_keys()
    verified(before, gmail_control)
    verified(gmail_control.id_token(), gmail_control)
    gmail_control.rotate_keys()
    with pytest.raises((exceptions.GoogleAuthError, ValueError)):
        verified(before, gmail_control)


def test_certificates_can_be_unavailable(gmail_control: ControlClient) -> None:
    token = gmail_control.id_token()
    gmail_control.fault("oauth2.certs", "certs_unavailable")
    with pytest.raises(exceptions.TransportError):
        verified(token, gmail_control)
    verified(token, gmail_control)
