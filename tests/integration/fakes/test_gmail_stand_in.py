"""The Gmail stand-in under Google's own client: messages, threads, drafts, history, quota."""

from __future__ import annotations

import base64
from email import message_from_bytes
from typing import Any

import pytest
from google.auth.exceptions import RefreshError
from googleapiclient.errors import HttpError  # type: ignore[import-untyped]

from evaluation.providers.control_client import ControlClient, ControlError
from evaluation.providers.gmail import GmailOptions
from tests.integration.fakes.mails import body, outgoing


def raw_of(message: dict[str, Any]) -> bytes:
    return base64.urlsafe_b64decode(message["raw"])


def question(control: ControlClient, **fields: Any) -> dict[str, Any]:
    return control.write_mail(**{"sender": "eve@example.com", "subject": "Login", "text": "How?", **fields})


def reply_to(incoming: dict[str, Any], **fields: str) -> bytes:
    rfc_id = incoming["rfc_message_id"]
    return outgoing(**{"In_Reply_To": rfc_id, "References": rfc_id, **fields})


def refused(call: Any) -> HttpError:
    with pytest.raises(HttpError) as caught:
        call.execute()
    return caught.value


def test_r6_a_mail_is_found_by_history_and_read_in_every_format(gmail: Any, gmail_control: ControlClient) -> None:
    start = gmail.getProfile(userId="me").execute()["historyId"]
    incoming = question(gmail_control, name="Ève Müller", html="<p>How?</p>")

    changes = gmail.history().list(userId="me", startHistoryId=start, historyTypes=["messageAdded"]).execute()
    (added,) = (one for change in changes["history"] for one in change["messagesAdded"])
    assert added["message"]["id"] == incoming["id"]
    assert added["message"]["labelIds"] == ["INBOX", "UNREAD"]
    assert int(changes["historyId"]) > int(start)

    full = gmail.messages().get(userId="me", id=incoming["id"]).execute()
    headers = {one["name"]: one["value"] for one in full["payload"]["headers"]}
    assert headers["From"] == "Ève Müller <eve@example.com>"
    assert [part["mimeType"] for part in full["payload"]["parts"]] == ["text/plain", "text/html"]
    raw = gmail.messages().get(userId="me", id=incoming["id"], format="raw").execute()
    assert message_from_bytes(raw_of(raw))["Authentication-Results"].startswith("mx.google.com;")
    only = gmail.messages().get(userId="me", id=incoming["id"], format="metadata", metadataHeaders=["Subject"])
    assert [one["name"] for one in only.execute()["payload"]["headers"]] == ["Subject"]


def test_raw_mail_is_kept_byte_for_byte(gmail: Any, gmail_control: ControlClient) -> None:
    odd = b"From: x@example.com\nSubject: =?bogus?Q?=\nContent-Type: text/plain; charset=no-such\n\n\xff\x00caf\xe9"
    incoming = gmail_control.inject_raw_mail(odd)

    assert raw_of(gmail.messages().get(userId="me", id=incoming["id"], format="raw").execute()) == odd
    assert gmail.messages().get(userId="me", id=incoming["id"]).execute()["payload"]["mimeType"] == "text/plain"


def test_raw_mail_comes_in_under_other_labels(gmail: Any, gmail_control: ControlClient) -> None:
    sent = gmail_control.inject_raw_mail(b"From: x@example.com\n\nText", labels=["SENT"])
    assert gmail.messages().get(userId="me", id=sent["id"]).execute()["labelIds"] == ["SENT"]


def test_a_mail_that_is_nested_too_deep_to_be_read_is_kept_all_the_same(
    gmail: Any, gmail_control: ControlClient
) -> None:
    boundaries = [f"b{n}".encode() for n in range(1000)]
    raw = b"From: x@example.com\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=" + one + b"\n\n--" + one + b"\n" for one in boundaries
    )
    incoming = gmail_control.inject_raw_mail(raw)
    assert raw_of(gmail.messages().get(userId="me", id=incoming["id"], format="raw").execute()) == raw


def test_history_is_paged_and_filtered(gmail: Any, gmail_control: ControlClient) -> None:
    start = gmail.getProfile(userId="me").execute()["historyId"]
    ids = [question(gmail_control, subject=f"Question {n}")["id"] for n in range(5)]
    gmail.messages().modify(userId="me", id=ids[0], body={"removeLabelIds": ["UNREAD"]}).execute()

    seen, token = [], None
    while True:
        page = gmail.history().list(userId="me", startHistoryId=start, maxResults=2, pageToken=token).execute()
        seen += page.get("history", [])
        if (token := page.get("nextPageToken")) is None:
            break
    assert [change["messages"][0]["id"] for change in seen] == [*ids, ids[0]]
    assert seen[-1]["labelsRemoved"][0]["labelIds"] == ["UNREAD"]
    numbers = [int(change["id"]) for change in seen]
    assert numbers == sorted(set(numbers))
    removed = gmail.history().list(userId="me", startHistoryId=start, historyTypes=["labelRemoved"]).execute()
    assert len(removed["history"]) == 1
    assert "history" not in gmail.history().list(userId="me", startHistoryId=page["historyId"]).execute()


def test_r6_an_old_history_id_is_404_in_googles_words(gmail: Any, gmail_control: ControlClient) -> None:
    start = gmail.getProfile(userId="me").execute()["historyId"]
    question(gmail_control)
    gmail_control.forget_history()

    error = refused(gmail.history().list(userId="me", startHistoryId=start))
    assert error.status_code == 404
    assert error.error_details[0]["reason"] == "notFound"
    assert refused(gmail.history().list(userId="me", startHistoryId="soon")).status_code == 400
    now = gmail.getProfile(userId="me").execute()["historyId"]
    assert gmail.history().list(userId="me", startHistoryId=now).execute() == {"historyId": now}


def test_r1_a_reply_joins_the_thread_only_with_id_reference_and_subject(
    gmail: Any, gmail_control: ControlClient
) -> None:
    incoming = question(gmail_control)
    thread = incoming["thread_id"]

    def sent(raw: bytes, thread_id: str | None) -> str:
        answer = gmail.messages().send(userId="me", body=body(raw, thread_id)).execute()
        assert answer["labelIds"] == ["SENT"]
        return str(answer["threadId"])

    assert sent(reply_to(incoming), thread) == thread
    assert sent(reply_to(incoming), None) != thread
    assert sent(reply_to(incoming, subject="Something else"), thread) != thread
    assert sent(outgoing(), thread) != thread
    unknown = refused(gmail.messages().send(userId="me", body=body(reply_to(incoming), "ffffffffffffffff")))
    assert unknown.status_code == 404
    messages = gmail.threads().get(userId="me", id=thread, format="minimal").execute()["messages"]
    assert [message["labelIds"] for message in messages] == [["INBOX", "UNREAD"], ["SENT"]]


def test_the_customers_answer_joins_by_references_and_a_stranger_with_another_subject_does_not(
    gmail: Any, gmail_control: ControlClient
) -> None:
    first = question(gmail_control)
    sent = gmail.messages().send(userId="me", body=body(reply_to(first), first["thread_id"])).execute()

    answer = question(gmail_control, subject="Re: Login", reply_to=sent["id"])
    other = question(gmail_control, subject="Something else", reply_to=sent["id"])
    assert answer["thread_id"] == first["thread_id"]
    assert other["thread_id"] != first["thread_id"]


def test_the_message_id_is_rewritten_and_can_be_read_back(gmail: Any, gmail_control: ControlClient) -> None:
    sent = gmail.messages().send(userId="me", body=body(outgoing(X_Nightdesk_Outbox_Id="o-1"))).execute()

    mail = message_from_bytes(raw_of(gmail.messages().get(userId="me", id=sent["id"], format="raw").execute()))
    assert mail["Message-ID"].endswith("@mail.gmail.com>")
    assert mail["X-Nightdesk-Outbox-Id"] == "o-1"
    (entry,) = gmail_control.journal(kind="mail_sent")
    assert entry.details["rfc_message_id"] == mail["Message-ID"]
    assert entry.header("x-nightdesk-outbox-id") == "o-1"
    assert (entry.to, entry.thread, entry.body.strip()) == (("eve@example.com",), sent["threadId"], "Hello")


class TestKeptMessageId:
    @pytest.fixture
    def gmail_options(self) -> GmailOptions:
        return GmailOptions(rewrite_message_id=False)

    def test_the_message_id_stays_when_asked(self, gmail: Any) -> None:
        gmail.messages().send(userId="me", body=body(outgoing())).execute()
        found = gmail.messages().list(userId="me", q="rfc822msgid:ours-1@techcorp.com in:sent").execute()
        assert found["resultSizeEstimate"] == 1


def test_a_draft_is_sent_once(gmail: Any, gmail_control: ControlClient) -> None:
    incoming = question(gmail_control)
    draft = (
        gmail.drafts().create(userId="me", body={"message": body(reply_to(incoming), incoming["thread_id"])}).execute()
    )
    assert gmail.drafts().get(userId="me", id=draft["id"]).execute()["message"]["labelIds"] == ["DRAFT"]
    assert gmail_control.journal(kind="mail_sent") == []

    sent = gmail.drafts().send(userId="me", body={"id": draft["id"]}).execute()

    assert sent["threadId"] == incoming["thread_id"]
    assert sent["id"] != draft["message"]["id"]
    assert refused(gmail.drafts().send(userId="me", body={"id": draft["id"]})).status_code == 404
    assert refused(gmail.messages().get(userId="me", id=draft["message"]["id"])).status_code == 404
    assert len(gmail_control.journal(kind="mail_sent")) == 1
    assert "drafts" not in gmail.drafts().list(userId="me").execute()


def test_a_draft_can_be_replaced_listed_and_deleted(gmail: Any) -> None:
    draft = gmail.drafts().create(userId="me", body={"message": body(outgoing(text="one"))}).execute()
    gmail.drafts().update(userId="me", id=draft["id"], body={"message": body(outgoing(text="two"))}).execute()
    listed = gmail.drafts().list(userId="me").execute()["drafts"]
    assert [one["id"] for one in listed] == [draft["id"]]
    assert gmail.drafts().get(userId="me", id=draft["id"]).execute()["message"]["snippet"] == "two"
    assert not gmail.drafts().delete(userId="me", id=draft["id"]).execute()
    assert refused(gmail.drafts().get(userId="me", id=draft["id"])).status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("rfc822msgid:<a@x.org>", 1),
        ("from:eve", 1),
        ("from:eve subject:invoice", 0),
        ("-from:eve", 1),
        ("in:inbox is:unread", 2),
        ("in:sent", 0),
        ("newer_than:1d", 2),
        ("before:2020/01/01", 0),
        ("after:2020/01/01", 2),
        ('"second text"', 1),
    ],
)
def test_search(gmail: Any, gmail_control: ControlClient, query: str, found: int) -> None:
    gmail_control.inject_raw_mail(b"From: eve@x.org\r\nMessage-ID: <a@x.org>\r\nSubject: Login\r\n\r\nfirst text")
    gmail_control.inject_raw_mail(b"From: bob@x.org\r\nMessage-ID: <b@x.org>\r\nSubject: Invoice\r\n\r\nsecond text")
    assert gmail.messages().list(userId="me", q=query).execute()["resultSizeEstimate"] == found


def test_an_unknown_search_operator_is_refused_not_ignored(gmail: Any) -> None:
    assert refused(gmail.messages().list(userId="me", q="larger:5M")).status_code == 501


def test_lists_are_paged_newest_first(gmail: Any, gmail_control: ControlClient) -> None:
    ids = [question(gmail_control, subject=f"Question {n}")["id"] for n in range(5)]
    request, seen = gmail.messages().list(userId="me", maxResults=2), []
    while request is not None:
        page = request.execute()
        seen += [one["id"] for one in page["messages"]]
        request = gmail.messages().list_next(request, page)
    assert seen == ids[::-1]


def test_an_attachment_is_fetched_by_its_id(gmail: Any, gmail_control: ControlClient) -> None:
    parts = b"--b\r\nContent-Type: text/plain\r\n\r\nsee it\r\n--b\r\nContent-Type: image/png\r\n"
    named = (
        b'Content-Disposition: attachment; filename="a.png"\r\nContent-Transfer-Encoding: base64\r\n\r\naGk=\r\n--b--'
    )
    head = b"From: e@x.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    incoming = gmail_control.inject_raw_mail(head + parts + named)

    part = gmail.messages().get(userId="me", id=incoming["id"]).execute()["payload"]["parts"][1]
    fetched = gmail.messages().attachments().get(userId="me", messageId=incoming["id"], id=part["body"]["attachmentId"])
    assert part["filename"] == "a.png"
    assert base64.urlsafe_b64decode(fetched.execute()["data"]) == b"hi"


def test_a_mail_without_recipient_or_body_is_400(gmail: Any) -> None:
    assert refused(gmail.messages().send(userId="me", body=body(outgoing(to="")))).status_code == 400
    assert refused(gmail.messages().send(userId="me", body={"raw": ""})).status_code == 400
    assert refused(gmail.messages().send(userId="me", body={"raw": "§"})).status_code == 400


def test_g14_a_person_answers_from_gmail_itself(gmail: Any, gmail_control: ControlClient) -> None:
    incoming = question(gmail_control)
    sent = gmail_control.answer_as_person(reply_to=incoming["id"], text="I take this one.")
    assert sent["thread_id"] == incoming["thread_id"]
    found = gmail.messages().get(userId="me", id=sent["id"]).execute()
    assert found["labelIds"] == ["SENT"]
    (entry,) = gmail_control.journal(kind="mail_sent")
    assert (entry.details["by"], entry.to) == ("person", ("eve@example.com",))


class TestQuota:
    @pytest.fixture
    def gmail_options(self) -> GmailOptions:
        return GmailOptions(units_per_minute=203)

    def test_r6_units_are_counted_per_method_and_minute(self, gmail: Any, gmail_control: ControlClient) -> None:
        for _ in range(2):
            gmail.messages().send(userId="me", body=body(outgoing())).execute()
        error = refused(gmail.messages().send(userId="me", body=body(outgoing())))
        assert (error.status_code, error.error_details[0]["reason"]) == (403, "rateLimitExceeded")
        gmail.getProfile(userId="me").execute()
        gmail_control.advance(61)
        gmail.messages().send(userId="me", body=body(outgoing())).execute()
        assert len(gmail_control.journal(kind="mail_sent")) == 3


class TestScopes:
    @pytest.fixture
    def gmail_options(self) -> GmailOptions:
        return GmailOptions(scopes=("https://www.googleapis.com/auth/gmail.send",))

    def test_drafts_need_the_compose_scope(self, gmail: Any) -> None:
        gmail.messages().send(userId="me", body=body(outgoing())).execute()
        error = refused(gmail.drafts().create(userId="me", body={"message": body(outgoing())}))
        assert (error.status_code, error.error_details[0]["reason"]) == (403, "insufficientPermissions")


def test_another_user_is_403(gmail: Any) -> None:
    assert gmail.getProfile(userId="support@example.com").execute()["emailAddress"] == "support@example.com"
    assert refused(gmail.getProfile(userId="ceo@techcorp.com")).status_code == 403


def test_an_access_token_that_was_revoked_is_fetched_anew(gmail: Any, gmail_control: ControlClient) -> None:
    gmail.getProfile(userId="me").execute()
    gmail_control.revoke_access_tokens()
    assert gmail.getProfile(userId="me").execute()["messagesTotal"] == 0


def test_invalid_grant_is_what_google_auth_raises(gmail: Any, gmail_control: ControlClient) -> None:
    gmail_control.fault("oauth2.token", "invalid_grant", times=None)
    with pytest.raises(RefreshError, match="invalid_grant"):
        gmail.getProfile(userId="me").execute()
    gmail_control.clear_faults()
    gmail.getProfile(userId="me").execute()


def test_a_wrong_client_secret_is_refused(gmail: Any, credentials: Any) -> None:
    credentials._client_secret = "wrong"
    with pytest.raises(RefreshError, match="invalid_client"):
        gmail.getProfile(userId="me").execute()


def test_orders_that_cannot_be_carried_out_are_refused(gmail_control: ControlClient) -> None:
    for method, kind in (
        ("users.drafts.sent", "drop_answer"),
        ("users.drafts.send", "drop_awnser"),
        ("push", "delay_answer"),
    ):
        with pytest.raises(ControlError):
            gmail_control.fault(method, kind)
    with pytest.raises(ControlError):
        question(gmail_control, reply_to="0000000000000000")
    with pytest.raises(ControlError):
        gmail_control.fault("push", "drop", tmies=2)
