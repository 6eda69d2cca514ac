"""The calls of the Gmail API that the mailbox reader and the sender need, over google-api-python-client. They block."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests
from google.auth.exceptions import GoogleAuthError
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build  # type: ignore[import-untyped]
from googleapiclient.errors import Error as GoogleApiError  # type: ignore[import-untyped]

from deployments.channels.gmail.errors import GmailNoAnswerError, GmailRejectedError, gmail_error
from deployments.channels.gmail.transport import SingleAttemptHttp

TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, no secret
ME = "me"
HISTORY_PAGE, LIST_PAGE = 500, 100
_FAILURES = (GoogleApiError, GoogleAuthError, requests.RequestException, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMail:
    """A message of Gmail's: `raw` in RFC 5322, `received_ms` in milliseconds since 1970."""

    id: str
    thread_id: str
    label_ids: tuple[str, ...]
    received_ms: str
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MailHead:
    """A message without its body. Names of `headers` are in lower case; of repeated headers the first is kept."""

    id: str
    thread_id: str
    label_ids: tuple[str, ...]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """Messages that were added or moved to the inbox, oldest first, once each.

    `history_id` is the mailbox's current one, `last_history_id` that of the page's last change (None for no change).
    """

    mail_ids: tuple[str, ...]
    history_id: int
    last_history_id: int | None
    next_page: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A sent message, by Gmail's ids."""

    id: str
    thread_id: str


class Gmail:
    """One Gmail account. Each method makes one request, without retries, and raises subclasses of GmailError."""

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        refresh_token: str,
        api_base_url: str | None = None,
        token_url: str | None = None,
    ) -> None:
        credentials = Credentials(  # type: ignore[no-untyped-call]
            token=None,
            refresh_token=refresh_token,
            client_id=client_id,
            client_secret=client_secret,
            token_uri=token_url or TOKEN_URL,
        )
        self._http = SingleAttemptHttp(credentials)
        options = {"api_endpoint": api_base_url} if api_base_url else None
        service = build("gmail", "v1", http=self._http, client_options=options, static_discovery=True)
        self._users = service.users()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def profile(self) -> tuple[str, int]:
        """Return the account's address and current historyId."""
        found = _execute(self._users.getProfile(userId=ME))
        return str(found["emailAddress"]), int(found["historyId"])

    def watch(self, topic: str) -> datetime:
        """Request push notifications to a Pub/Sub topic; return when the watch expires."""
        request = {"topicName": topic, "labelIds": ["INBOX", "SENT"], "labelFilterBehavior": "include"}
        found = _execute(self._users.watch(userId=ME, body=request))
        return datetime.fromtimestamp(int(found["expiration"]) / 1000, UTC)

    def history(self, start: int, page: str | None = None) -> HistoryPage:
        """Return a page of changes after the historyId `start`. Raises GmailNotFoundError if it is too old."""
        found = _execute(
            self._users.history().list(
                userId=ME,
                startHistoryId=str(start),
                historyTypes=["messageAdded", "labelAdded"],
                maxResults=HISTORY_PAGE,
                pageToken=page,
            )
        )
        records = found.get("history", [])
        return HistoryPage(
            mail_ids=tuple(dict.fromkeys(_arrived_ids(records))),
            history_id=int(found["historyId"]),
            last_history_id=max((int(record["id"]) for record in records), default=None),
            next_page=found.get("nextPageToken"),
        )

    def search(self, query: str, page: str | None = None) -> tuple[list[str], str | None]:
        """Return the ids of messages that match a Gmail query, newest first, and the token of the next page."""
        found = _execute(self._users.messages().list(userId=ME, q=query, maxResults=LIST_PAGE, pageToken=page))
        return [str(one["id"]) for one in found.get("messages", [])], found.get("nextPageToken")

    def raw(self, mail_id: str) -> RawMail:
        """Return a message. Raises GmailNotFoundError if it was deleted."""
        found = _execute(self._users.messages().get(userId=ME, id=mail_id, format="raw"))
        return RawMail(
            id=str(found["id"]),
            thread_id=str(found["threadId"]),
            label_ids=tuple(found.get("labelIds", ())),
            received_ms=str(found["internalDate"]),
            raw=_decode_raw(found["raw"]),
        )

    def head(self, mail_id: str, *headers: str) -> MailHead:
        """Return a message's labels and the given headers."""
        call = self._users.messages().get(userId=ME, id=mail_id, format="metadata", metadataHeaders=list(headers))
        return _to_head(_execute(call))

    def thread(self, thread_id: str, *headers: str) -> list[MailHead]:
        """Return the messages and drafts of a thread, oldest first. Raises GmailNotFoundError."""
        call = self._users.threads().get(userId=ME, id=thread_id, format="metadata", metadataHeaders=list(headers))
        return [_to_head(one) for one in _execute(call).get("messages", [])]

    def create_draft(self, raw: bytes, thread_id: str | None) -> str:
        """Create a draft and return its id. Raises GmailNotFoundError if the thread does not exist."""
        message: dict[str, str] = {"raw": base64.urlsafe_b64encode(raw).decode()}
        if thread_id:
            message["threadId"] = thread_id
        return str(_execute(self._users.drafts().create(userId=ME, body={"message": message}))["id"])

    def may_write(self) -> None:
        """Return if the token may create and send mail, which is tried by deleting a draft that does not exist."""
        try:
            _execute(self._users.drafts().delete(userId=ME, id="nightdesk-check"))
        except GmailRejectedError:
            return

    def draft_of(self, mail_id: str) -> str | None:
        """Return the id of the draft that holds this message, or None."""
        page: str | None = None
        while True:
            found = _execute(self._users.drafts().list(userId=ME, maxResults=LIST_PAGE, pageToken=page))
            for draft in found.get("drafts", []):
                if draft["message"]["id"] == mail_id:
                    return str(draft["id"])
            if (page := found.get("nextPageToken")) is None:
                return None

    def send_draft(self, draft_id: str) -> Sent:
        """Send a draft, which removes it. Raises GmailNotFoundError if there is no such draft (any more)."""
        found = _execute(self._users.drafts().send(userId=ME, body={"id": draft_id}))
        return Sent(id=str(found["id"]), thread_id=str(found["threadId"]))


def _execute(call: Any) -> Any:
    """Execute the request once and return its response. Raises GmailError."""
    try:
        return call.execute(num_retries=0) or {}
    except _FAILURES as error:
        raise gmail_error(error) from error
    except (ValueError, KeyError) as error:
        raise GmailNoAnswerError("Gmail's answer can't be read") from error


def _arrived_ids(records: Any) -> Iterator[str]:
    """Yield the ids of new messages, and of messages moved to the inbox, for example out of spam."""
    for record in records:
        for added in record.get("messagesAdded", ()):
            yield str(added["message"]["id"])
        for labelled in record.get("labelsAdded", ()):
            if "INBOX" in labelled.get("labelIds", ()):
                yield str(labelled["message"]["id"])


def _to_head(found: Any) -> MailHead:
    headers: dict[str, str] = {}
    for one in found.get("payload", {}).get("headers", ()):
        headers.setdefault(str(one["name"]).lower(), str(one["value"]))
    return MailHead(
        id=str(found["id"]),
        thread_id=str(found["threadId"]),
        label_ids=tuple(found.get("labelIds", ())),
        headers=headers,
    )


def _decode_raw(raw: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4))
    except (binascii.Error, ValueError) as error:
        raise GmailNoAnswerError("Gmail's answer can't be read") from error
