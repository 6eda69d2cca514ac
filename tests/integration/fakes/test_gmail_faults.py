"""What Google's own client makes of each ordered fault, and what was accepted meanwhile."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from typing import Any

import google_auth_httplib2  # type: ignore[import-untyped]
import httplib2
import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build  # type: ignore[import-untyped]
from googleapiclient.errors import HttpError  # type: ignore[import-untyped]

from tests.fakes.stage import Stage
from tests.integration.fakes.mails import body, outgoing

LOST = (ConnectionError, http.client.HTTPException, httplib2.HttpLib2Error, OSError)


@pytest.fixture
def once_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """httplib2 repeats a request whose connection broke, a POST too, unless told not to."""
    monkeypatch.setattr(httplib2, "RETRIES", 1)
    yield


def send(gmail: Any) -> Any:
    return gmail.messages().send(userId="me", body=body(outgoing())).execute(num_retries=0)


@pytest.mark.usefixtures("once_only")
def test_t_f2_a_mail_is_accepted_and_its_answer_lost(gmail: Any, gmail_stage: Stage) -> None:
    gmail.getProfile(userId="me").execute()
    gmail_stage.fault("users.messages.send", "drop_answer")
    with pytest.raises(LOST):
        send(gmail)
    assert len(gmail_stage.journal(kind="mail_sent")) == 1


def test_httplib2_sends_twice_when_an_answer_is_lost_even_with_num_retries_0(gmail: Any, gmail_stage: Stage) -> None:
    """The reason why a sender must bring its own transport or set httplib2.RETRIES to 1."""
    gmail.getProfile(userId="me").execute()
    gmail_stage.fault("users.messages.send", "drop_answer")
    send(gmail)
    assert len(gmail_stage.journal(kind="mail_sent")) == 2


def test_a_draft_survives_httplib2s_repetition(gmail: Any, gmail_stage: Stage) -> None:
    draft = gmail.drafts().create(userId="me", body={"message": body(outgoing())}).execute()
    gmail_stage.fault("users.drafts.send", "drop_answer")
    with pytest.raises(HttpError) as caught:
        gmail.drafts().send(userId="me", body={"id": draft["id"]}).execute(num_retries=0)
    assert caught.value.status_code == 404
    assert len(gmail_stage.journal(kind="mail_sent")) == 1


@pytest.mark.usefixtures("once_only")
def test_a_connection_that_breaks_before_acceptance_sends_nothing(gmail: Any, gmail_stage: Stage) -> None:
    gmail.getProfile(userId="me").execute()
    gmail_stage.fault("users.messages.send", "drop_before")
    with pytest.raises(LOST):
        send(gmail)
    assert gmail_stage.journal(kind="mail_sent") == []


@pytest.mark.parametrize(("kind", "accepted"), [("error_before", 0), ("error_after", 1)])
def test_a_503_before_and_after_acceptance(gmail: Any, gmail_stage: Stage, kind: str, accepted: int) -> None:
    gmail_stage.fault("users.messages.send", kind)
    with pytest.raises(HttpError) as caught:
        send(gmail)
    assert (caught.value.status_code, caught.value.error_details[0]["reason"]) == (503, "backendError")
    assert len(gmail_stage.journal(kind="mail_sent")) == accepted


def test_a_429_names_the_time_to_wait(gmail: Any, gmail_stage: Stage) -> None:
    gmail_stage.fault("users.messages.send", "rate_limited", seconds=7)
    with pytest.raises(HttpError) as caught:
        send(gmail)
    assert (caught.value.status_code, caught.value.resp["retry-after"]) == (429, "7")
    assert gmail_stage.journal(kind="mail_sent") == []


@pytest.mark.usefixtures("once_only")
@pytest.mark.parametrize(("kind", "accepted"), [("delay_before", 0), ("delay_answer", 1)])
def test_a_client_that_gives_up_waiting(
    credentials: Credentials, gmail_stage: Stage, kind: str, accepted: int
) -> None:
    http = google_auth_httplib2.AuthorizedHttp(credentials, http=httplib2.Http(timeout=0.3))
    endpoint = {"api_endpoint": gmail_stage.base_url}
    gmail = build("gmail", "v1", http=http, client_options=endpoint, static_discovery=True).users()
    gmail.getProfile(userId="me").execute()
    gmail_stage.fault("users.messages.send", kind, seconds=1.5)
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        send(gmail)
    assert time.monotonic() - started < 1.2
    assert len(gmail_stage.journal(kind="mail_sent")) == accepted


def test_orders_count_skip_and_end(gmail: Any, gmail_stage: Stage) -> None:
    gmail_stage.fault("users.getProfile", "error_before", times=2, skip=1, status=500)

    def status() -> int:
        try:
            gmail.getProfile(userId="me").execute()
        except HttpError as error:
            return int(error.status_code)
        return 200

    assert [status() for _ in range(5)] == [200, 500, 500, 200, 200]


def test_a_look_up_can_fail_while_sends_go_through(gmail: Any, gmail_stage: Stage) -> None:
    gmail_stage.fault("users.messages.list", "error_before", times=None)
    send(gmail)
    for _ in range(2):
        with pytest.raises(HttpError):
            gmail.messages().list(userId="me").execute()


def test_history_gone_once(gmail: Any, gmail_stage: Stage) -> None:
    now = gmail.getProfile(userId="me").execute()["historyId"]
    gmail_stage.fault("users.history.list", "history_gone")
    with pytest.raises(HttpError) as caught:
        gmail.history().list(userId="me", startHistoryId=now).execute()
    assert caught.value.status_code == 404
    gmail.history().list(userId="me", startHistoryId=now).execute()
