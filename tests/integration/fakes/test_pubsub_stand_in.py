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

from evaluation.providers.gmail import GmailOptions
from evaluation.providers.stage import Stage
from tests.integration.fakes.conftest import Receiver

DAY = 86_400


def watched(gmail: Any, options: GmailOptions, **fields: Any) -> dict[str, Any]:
    answer: dict[str, Any] = gmail.watch(userId="me", body={"topicName": options.topic, **fields}).execute()
    return answer


def mail(stage: Stage, subject: str = "Login") -> dict[str, Any]:
    return stage.write_mail(sender="eve@example.com", subject=subject, text="How?")


def verified(token: str, stage: Stage, path: str = "/oauth2/v1/certs", audience: str | None = None) -> Any:
    return id_token.verify_token(token, Request(), audience=audience, certs_url=stage.base_url + path)


@pytest.mark.parametrize("path", ["/oauth2/v1/certs", "/oauth2/v3/certs"])
def test_h3_a_push_carries_the_hint_and_a_token_that_google_auth_accepts(
    gmail: Any, gmail_stage: Stage, gmail_options: GmailOptions, receiver: Receiver, path: str
) -> None:
    watched(gmail, gmail_options, labelIds=["INBOX"])
    incoming = mail(gmail_stage)
    gmail_stage.wait_for(1, kind="push")

    headers, raw = receiver.received[0]
    envelope = json.loads(raw)
    data = json.loads(base64.b64decode(envelope["message"]["data"]))
    assert data == {"emailAddress": "support@techcorp.com", "historyId": int(incoming["history_id"])}
    assert envelope["subscription"] == gmail_options.subscription
    claims = verified(headers["authorization"].removeprefix("Bearer "), gmail_stage, path, gmail_options.push_url)
    assert claims["iss"] == "https://accounts.google.com"
    assert (claims["email"], claims["email_verified"]) == (gmail_options.push_service_account, True)


def test_r6_a_watch_lasts_seven_days_and_covers_its_labels(
    gmail: Any, gmail_stage: Stage, gmail_options: GmailOptions
) -> None:
    mail(gmail_stage)
    answer = watched(gmail, gmail_options, labelIds=["INBOX"])
    assert int(answer["expiration"]) / 1000 == pytest.approx(time.time() + 7 * DAY, abs=30)
    gmail_stage.answer_as_person(reply_to=mail(gmail_stage)["id"], text="in SENT, so not pushed")
    gmail_stage.wait_for(1, kind="push")
    gmail_stage.advance(7 * DAY + 1)
    mail(gmail_stage)
    watched(gmail, gmail_options)
    mail(gmail_stage)
    gmail_stage.wait_for(2, kind="push")
    gmail.stop(userId="me").execute()
    gmail_stage.advance(2)
    mail(gmail_stage)
    time.sleep(0.3)
    assert len(gmail_stage.journal(kind="push")) == 2
    assert len(gmail_stage.journal(kind="watch_set")) == 2


def test_r6_at_most_one_event_a_second_the_rest_is_dropped(
    gmail: Any, gmail_stage: Stage, gmail_options: GmailOptions
) -> None:
    watched(gmail, gmail_options)
    for n in range(5):
        mail(gmail_stage, f"Question {n}")
    gmail_stage.advance(1)
    last = mail(gmail_stage)
    pushes = gmail_stage.wait_for(2, kind="push")
    assert [push.details["historyId"] for push in pushes][-1] == int(last["history_id"])
    assert len(pushes) == 2


def test_a_push_is_repeated_until_it_is_acknowledged(gmail_stage: Stage, receiver: Receiver) -> None:
    receiver.statuses = [503, 401]
    gmail_stage.push()
    attempts = gmail_stage.wait_for(3, kind="push")
    assert [attempt.details["status"] for attempt in attempts] == [503, 401, 200]
    assert len({json.loads(raw)["message"]["messageId"] for _, raw in receiver.received}) == 1


def test_t_l7_pushes_are_dropped_repeated_and_swapped_on_order(gmail_stage: Stage) -> None:
    def pushed() -> list[int]:
        return [push.details["historyId"] for push in gmail_stage.journal(kind="push")]

    gmail_stage.fault("push", "drop")
    gmail_stage.push(historyId=1)
    gmail_stage.fault("push", "reorder")
    gmail_stage.push(historyId=2)
    gmail_stage.push(historyId=3)
    gmail_stage.wait_for(2, kind="push")
    gmail_stage.fault("push", "duplicate", copies=3)
    gmail_stage.push(historyId=4)
    gmail_stage.wait_for(5, kind="push")
    gmail_stage.fault("push", "delay", seconds=0.5)
    gmail_stage.push(historyId=5)
    gmail_stage.push(historyId=6)
    gmail_stage.wait_for(7, kind="push")
    assert pushed() == [3, 2, 4, 4, 4, 6, 5]


def test_a_swapped_push_that_nothing_follows_still_leaves(gmail_stage: Stage) -> None:
    gmail_stage.fault("push", "reorder")
    gmail_stage.push(historyId=1)
    assert gmail_stage.wait_for(1, kind="push", seconds=4)


def test_t_s1_forged_tokens_are_what_they_claim_to_be(gmail_stage: Stage) -> None:
    now = int(time.time())
    verified(gmail_stage.id_token(aud="us"), gmail_stage, audience="us")
    forged = [
        gmail_stage.id_token(by_stranger=True),
        gmail_stage.id_token(iat=now - 7200, exp=now - 3600),
        gmail_stage.id_token(headers={"kid": "unknown"}),
    ]
    for token in forged:
        with pytest.raises((exceptions.GoogleAuthError, ValueError)):
            verified(token, gmail_stage)
    with pytest.raises(exceptions.InvalidValue):
        verified(gmail_stage.id_token(aud="them"), gmail_stage, audience="us")
    unverified = verified(gmail_stage.id_token(email_verified=False, email=None), gmail_stage)
    assert (unverified["email_verified"], "email" in unverified) == (False, False)


def test_keys_rotate_and_the_one_before_is_still_served(gmail_stage: Stage) -> None:
    before = gmail_stage.id_token()
    gmail_stage.rotate_keys()
    verified(before, gmail_stage)
    verified(gmail_stage.id_token(), gmail_stage)
    gmail_stage.rotate_keys()
    with pytest.raises((exceptions.GoogleAuthError, ValueError)):
        verified(before, gmail_stage)


def test_certificates_can_be_unavailable(gmail_stage: Stage) -> None:
    token = gmail_stage.id_token()
    gmail_stage.fault("oauth2.certs", "certs_unavailable")
    with pytest.raises(exceptions.TransportError):
        verified(token, gmail_stage)
    verified(token, gmail_stage)
