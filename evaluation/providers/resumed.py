"""Restores both accounts from the journal of an earlier run.

Restored: mails with ids and threads, the historyId, the watch, messages with statuses, the 24-hour windows.
Not restored, as the journal does not hold them: attachments and media, drafts (Gmail then answers 404), access tokens.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from evaluation.providers.gmail.account import GmailAccount
from evaluation.providers.gmail.contents.mailbox import StoredMessage
from evaluation.providers.gmail.pubsub import Watch
from evaluation.providers.journal import Entry, Kind, read_journal
from evaluation.providers.twilio.account import TwilioAccount
from evaluation.providers.twilio.messages import Message

_UNSEEN = 100_000
"""Added to the historyId, to be above those of changes that the journal does not hold, such as of labels: a client with
such an id must find new changes."""
_BODY_HEADERS = frozenset({"content-type", "content-transfer-encoding", "mime-version"})
_INBOX, _SENT = frozenset({"INBOX", "UNREAD"}), frozenset({"SENT"})


def earlier_entries(path: Path | None) -> list[Entry]:
    """Read the journal of an earlier run. Removes a last line that a crash cut short from the file."""
    if path is None or not path.exists():
        return []
    written = path.read_bytes()
    whole = written[: written.rfind(b"\n") + 1]
    if whole != written:
        path.write_bytes(whole)
    return read_journal(whole.decode("utf-8").splitlines())


def resume(earlier: Iterable[Entry], gmail: GmailAccount, twilio: TwilioAccount) -> None:
    """Restore the new accounts from the entries, and list these in the journal before this run's."""
    entries = list(earlier)
    for entry in entries:
        if entry.provider == "gmail":
            _resume_gmail(entry, gmail)
        else:
            _resume_twilio(entry, twilio)
    gmail.mailbox.history.latest += _UNSEEN if entries else 0
    gmail.shared.journal.resume(entries)


def _resume_gmail(entry: Entry, account: GmailAccount) -> None:
    if entry.kind in (Kind.MAIL_RECEIVED, Kind.MAIL_SENT):
        account.mailbox.resume(_mail(entry, account))
    elif entry.kind in (Kind.DRAFT_CREATED, Kind.DRAFT_DELETED):
        account.mailbox.skip_ids(entry.message_id, int(entry.details["history_id"]))
    elif entry.kind == Kind.WATCH_SET:
        account.pusher.watch = _watch(entry, account)
    elif entry.kind == Kind.WATCH_STOPPED:
        account.pusher.watch = None


def _mail(entry: Entry, account: GmailAccount) -> StoredMessage:
    labels = _INBOX if entry.kind == Kind.MAIL_RECEIVED else _SENT
    if account.options.user.lower() in entry.to:
        labels |= _INBOX
    return StoredMessage(
        id=entry.message_id,
        thread_id=entry.thread,
        raw=_raw(entry),
        labels=set(labels),
        received_at=entry.time,
        history_id=int(entry.details["history_id"]),
    )


def _raw(entry: Entry) -> bytes:
    """Rebuild the mail from its headers and text in the journal."""
    mail = EmailMessage(policy=SMTP.clone(max_line_length=998))
    for name, value in entry.headers:
        if name.lower() not in _BODY_HEADERS:
            with contextlib.suppress(ValueError):  # a second Subject, in a malformed mail
                mail[name] = value
    mail.set_content(entry.body)
    return bytes(mail)


def _watch(entry: Entry, account: GmailAccount) -> Watch:
    expires_at = datetime.fromtimestamp(int(entry.details["expiration"]) / 1000, UTC)
    labels = tuple(entry.details["labelIds"])
    return Watch(topic=account.options.topic, labels=labels, exclude=False, expires_at=expires_at)


def _resume_twilio(entry: Entry, account: TwilioAccount) -> None:
    if entry.kind == Kind.WHATSAPP_RECEIVED:
        number = entry.sender.removeprefix("whatsapp:")
        account.customers.wrote(number, entry.body)
        account.customers.get(number).wrote_at = entry.time
        account.messages.add(_message(entry, account, direction="inbound", status="received"))
    elif entry.kind == Kind.WHATSAPP_ACCEPTED:
        account.messages.add(_message(entry, account, direction="outbound-api", status="queued"))
    elif entry.kind == Kind.WHATSAPP_STATUS and (message := account.messages.get(entry.message_id)):
        message.status, message.updated_at = entry.details["status"], entry.time
        message.error_code = entry.details["error_code"]


def _message(entry: Entry, account: TwilioAccount, *, direction: str, status: str) -> Message:
    return Message(
        sid=entry.message_id,
        account_sid=account.options.account_sid,
        sender=entry.sender,
        to=entry.to[0],
        body=entry.body,
        direction=direction,
        status=status,
        created_at=entry.time,
        updated_at=entry.time,
        sent_at=entry.time if direction == "outbound-api" else None,
        status_callback=entry.details["status_callback"],
    )
