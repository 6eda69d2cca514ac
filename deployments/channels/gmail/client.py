"""One Gmail account by Google's own client: what the mailbox worker reads and what the sender sends. Calls block."""

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

from deployments.channels.gmail.errors import GmailRefusedError, GmailSilentError, gmail_error
from deployments.channels.gmail.transport import OnceHttp

TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, no secret
ME = "me"
HISTORY_PAGE, LIST_PAGE = 500, 100
_FAILURES = (GoogleApiError, GoogleAuthError, requests.RequestException, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMail:
    """A mail as Gmail keeps it: `raw` is RFC 5322, `received_ms` are milliseconds since 1970."""

    id: str
    thread_id: str
    label_ids: tuple[str, ...]
    received_ms: str
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MailHead:
    """A mail without its text; the names of `headers` are in lower case, the first of each name counts."""

    id: str
    thread_id: str
    label_ids: tuple[str, ...]
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """Mails that were added or came into a label, oldest first, once each; `history_id` is the mailbox's present one.

    `reaches` is the historyId of the page's last change, None for an empty page.
    """

    mail_ids: tuple[str, ...]
    history_id: int
    reaches: int | None
    next_page: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A mail that Gmail took, under its own id."""

    id: str
    thread_id: str


class Gmail:
    """Every method is one call that is made once, in the caller's thread. Raises GmailError's kinds."""

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
        self._http = OnceHttp(credentials)
        options = {"api_endpoint": api_base_url} if api_base_url else None
        service = build("gmail", "v1", http=self._http, client_options=options, static_discovery=True)
        self._users = service.users()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def profile(self) -> tuple[str, int]:
        """Return the account's address and its present historyId."""
        found = _done(self._users.getProfile(userId=ME))
        return str(found["emailAddress"]), int(found["historyId"])

    def watch(self, topic: str) -> datetime:
        """Have changes announced on a Pub/Sub topic; returns when that ends."""
        order = {"topicName": topic, "labelIds": ["INBOX", "SENT"], "labelFilterBehavior": "include"}
        found = _done(self._users.watch(userId=ME, body=order))
        return datetime.fromtimestamp(int(found["expiration"]) / 1000, UTC)

    def history(self, start: int, page: str | None = None) -> HistoryPage:
        """Return what came after the historyId `start`. Raises GmailGoneError when it is too old."""
        found = _done(
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
            mail_ids=tuple(dict.fromkeys(_arrivals(records))),
            history_id=int(found["historyId"]),
            reaches=max((int(record["id"]) for record in records), default=None),
            next_page=found.get("nextPageToken"),
        )

    def search(self, query: str, page: str | None = None) -> tuple[list[str], str | None]:
        """Return the ids of mails that a Gmail query finds, newest first, and the next page."""
        found = _done(self._users.messages().list(userId=ME, q=query, maxResults=LIST_PAGE, pageToken=page))
        return [str(one["id"]) for one in found.get("messages", [])], found.get("nextPageToken")

    def raw(self, mail_id: str) -> RawMail:
        """Return a mail. Raises GmailGoneError when it was deleted."""
        found = _done(self._users.messages().get(userId=ME, id=mail_id, format="raw"))
        return RawMail(
            id=str(found["id"]),
            thread_id=str(found["threadId"]),
            label_ids=tuple(found.get("labelIds", ())),
            received_ms=str(found["internalDate"]),
            raw=_decoded(found["raw"]),
        )

    def head(self, mail_id: str, *headers: str) -> MailHead:
        """Return a mail's labels and these of its headers."""
        call = self._users.messages().get(userId=ME, id=mail_id, format="metadata", metadataHeaders=list(headers))
        return _head(_done(call))

    def thread(self, thread_id: str, *headers: str) -> list[MailHead]:
        """Return the mails and drafts of a thread, oldest first. Raises GmailGoneError without such a thread."""
        call = self._users.threads().get(userId=ME, id=thread_id, format="metadata", metadataHeaders=list(headers))
        return [_head(one) for one in _done(call).get("messages", [])]

    def create_draft(self, raw: bytes, thread_id: str | None) -> str:
        """Make a draft and return its id. Raises GmailGoneError without such a thread."""
        message: dict[str, str] = {"raw": base64.urlsafe_b64encode(raw).decode()}
        if thread_id:
            message["threadId"] = thread_id
        return str(_done(self._users.drafts().create(userId=ME, body={"message": message}))["id"])

    def may_write(self) -> None:
        """Return when the token lets us make and send mail: tried by deleting a draft that does not exist."""
        try:
            _done(self._users.drafts().delete(userId=ME, id="nightdesk-check"))
        except GmailRefusedError:
            return

    def draft_of(self, mail_id: str) -> str | None:
        """Return the id of the draft that holds this mail; None when no draft does."""
        page: str | None = None
        while True:
            found = _done(self._users.drafts().list(userId=ME, maxResults=LIST_PAGE, pageToken=page))
            for draft in found.get("drafts", []):
                if draft["message"]["id"] == mail_id:
                    return str(draft["id"])
            if (page := found.get("nextPageToken")) is None:
                return None

    def send_draft(self, draft_id: str) -> Sent:
        """Send a draft, which is gone afterwards. Raises GmailGoneError when it is gone already."""
        found = _done(self._users.drafts().send(userId=ME, body={"id": draft_id}))
        return Sent(id=str(found["id"]), thread_id=str(found["threadId"]))


def _done(call: Any) -> Any:
    """Make the call, once, and return its answer. Raises GmailError."""
    try:
        return call.execute(num_retries=0) or {}
    except _FAILURES as error:
        raise gmail_error(error) from error
    except (ValueError, KeyError) as error:
        raise GmailSilentError("Gmail's answer can't be read") from error


def _arrivals(records: Any) -> Iterator[str]:
    """What is new, and what a person took out of the spam folder."""
    for record in records:
        for added in record.get("messagesAdded", ()):
            yield str(added["message"]["id"])
        for labelled in record.get("labelsAdded", ()):
            if "INBOX" in labelled.get("labelIds", ()):
                yield str(labelled["message"]["id"])


def _head(found: Any) -> MailHead:
    headers: dict[str, str] = {}
    for one in found.get("payload", {}).get("headers", ()):
        headers.setdefault(str(one["name"]).lower(), str(one["value"]))
    return MailHead(
        id=str(found["id"]),
        thread_id=str(found["threadId"]),
        label_ids=tuple(found.get("labelIds", ())),
        headers=headers,
    )


def _decoded(raw: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4))
    except (binascii.Error, ValueError) as error:
        raise GmailSilentError("Gmail's answer can't be read") from error
