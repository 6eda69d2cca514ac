"""What Google's own client makes of each ordered fault, and what was accepted meanwhile."""

from __future__ import annotations

from typing import Any

import httplib2  # type: ignore[import-untyped]
import httpx
import pytest
import requests
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build  # type: ignore[import-untyped]
from googleapiclient.errors import HttpError  # type: ignore[import-untyped]

from evaluation.providers.control_client import ControlClient
from evaluation.providers.gmail import GmailOptions, gmail_app
from evaluation.providers.serving import standing_in
from evaluation.providers.shared_state import SharedState
from tests.integration.fakes.mails import body, outgoing
from tests.integration.fakes.one_try import OneTryHttp


@pytest.fixture
def one_try(credentials: Credentials, gmail_control: ControlClient) -> Any:
    """Google's client over a transport that does not repeat."""
    return client(gmail_control, OneTryHttp(credentials))


def client(control: ControlClient, http: OneTryHttp) -> Any:
    endpoint = {"api_endpoint": control.base_url}
    return build("gmail", "v1", http=http, client_options=endpoint, static_discovery=True).users()


def send(gmail: Any) -> Any:
    return gmail.messages().send(userId="me", body=body(outgoing())).execute(num_retries=0)


def test_t_f2_a_mail_is_accepted_and_its_response_lost(one_try: Any, gmail_control: ControlClient) -> None:
    gmail_control.fault("users.messages.send", "drop_answer")
    with pytest.raises(requests.ConnectionError):
        send(one_try)
    assert len(gmail_control.journal(kind="mail_sent")) == 1


def test_httplib2_sends_twice_when_an_answer_is_lost_even_with_num_retries_0(
    gmail: Any, gmail_control: ControlClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason why a sender must bring its own transport: httplib2 repeats even with its RETRIES set to 1."""
    monkeypatch.setattr(httplib2, "RETRIES", 1)
    gmail.getProfile(userId="me").execute()
    gmail_control.fault("users.messages.send", "drop_answer")
    send(gmail)
    assert len(gmail_control.journal(kind="mail_sent")) == 2


def test_a_draft_survives_httplib2s_repetition(gmail: Any, gmail_control: ControlClient) -> None:
    draft = gmail.drafts().create(userId="me", body={"message": body(outgoing())}).execute()
    gmail_control.fault("users.drafts.send", "drop_answer")
    with pytest.raises(HttpError) as caught:
        gmail.drafts().send(userId="me", body={"id": draft["id"]}).execute(num_retries=0)
    assert caught.value.status_code == 404
    assert len(gmail_control.journal(kind="mail_sent")) == 1


def test_a_connection_that_breaks_before_acceptance_sends_nothing(one_try: Any, gmail_control: ControlClient) -> None:
    gmail_control.fault("users.messages.send", "drop_before")
    with pytest.raises(requests.ConnectionError):
        send(one_try)
    assert gmail_control.journal(kind="mail_sent") == []


@pytest.mark.parametrize(("kind", "accepted"), [("error_before", 0), ("error_after", 1)])
def test_a_503_before_or_after_acceptance(gmail: Any, gmail_control: ControlClient, kind: str, accepted: int) -> None:
    gmail_control.fault("users.messages.send", kind)
    with pytest.raises(HttpError) as caught:
        send(gmail)
    assert (caught.value.status_code, caught.value.error_details[0]["reason"]) == (503, "backendError")
    assert len(gmail_control.journal(kind="mail_sent")) == accepted


def test_a_429_names_the_time_to_wait(gmail: Any, gmail_control: ControlClient) -> None:
    gmail_control.fault("users.messages.send", "rate_limited", seconds=7)
    with pytest.raises(HttpError) as caught:
        send(gmail)
    assert (caught.value.status_code, caught.value.resp["retry-after"]) == (429, "7")
    assert gmail_control.journal(kind="mail_sent") == []


@pytest.mark.parametrize(("kind", "accepted"), [("delay_before", 0), ("delay_answer", 1)])
def test_a_client_that_gives_up_waiting(
    credentials: Credentials, gmail_control: ControlClient, kind: str, accepted: int
) -> None:
    http = OneTryHttp(credentials)
    gmail = client(gmail_control, http)
    gmail.getProfile(userId="me").execute()
    gmail_control.fault("users.messages.send", kind, seconds=600)
    http.timeout = 1.0
    with pytest.raises(requests.Timeout):
        send(gmail)
    gmail_control.wait_for(accepted, kind="mail_sent")
    assert len(gmail_control.journal(kind="mail_sent")) == accepted


def test_fault_orders_count_skip_and_end(gmail: Any, gmail_control: ControlClient) -> None:
    gmail_control.fault("users.getProfile", "error_before", times=2, skip=1, status=500)

    def status() -> int:
        try:
            gmail.getProfile(userId="me").execute()
        except HttpError as error:
            return int(error.status_code)
        return 200

    assert [status() for _ in range(5)] == [200, 500, 500, 200, 200]


def test_a_look_up_can_fail_while_sends_go_through(gmail: Any, gmail_control: ControlClient) -> None:
    gmail_control.fault("users.messages.list", "error_before", times=None)
    send(gmail)
    for _ in range(2):
        with pytest.raises(HttpError):
            gmail.messages().list(userId="me").execute()


def test_history_gone_once(gmail: Any, gmail_control: ControlClient) -> None:
    now = gmail.getProfile(userId="me").execute()["historyId"]
    gmail_control.fault("users.history.list", "history_gone")
    with pytest.raises(HttpError) as caught:
        gmail.history().list(userId="me", startHistoryId=now).execute()
    assert caught.value.status_code == 404
    gmail.history().list(userId="me", startHistoryId=now).execute()


def test_a_provider_that_is_away_refuses_connections_and_comes_back_as_it_was() -> None:
    with (
        standing_in(gmail_app(GmailOptions(), SharedState.create())) as server,
        httpx.Client(timeout=60, trust_env=False) as client,
    ):
        assert client.get(f"{server.url}/oauth2/v1/certs").status_code == 200
        server.go_away()
        with pytest.raises(httpx.ConnectError):
            client.get(f"{server.url}/oauth2/v1/certs")
        with ControlClient(server.control_url) as hand:
            hand.write_mail(sender="eve@example.com", subject="Help", text="Are you there?")
        server.come_back()
        assert client.get(f"{server.url}/oauth2/v1/certs").status_code == 200
        with ControlClient(server.url) as hand:
            assert [one.sender for one in hand.journal(kind="mail_received")] == ["eve@example.com"]
