"""Gmail's search language, as far as programs use it, as predicates over messages."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from evaluation.providers.gmail.contents import rfc822
from evaluation.providers.gmail.contents.mailbox import StoredMessage
from evaluation.providers.gmail.platform.errors import invalid, not_implemented

Predicate = Callable[[StoredMessage], bool]
_PLACES = {"inbox": "INBOX", "sent": "SENT", "drafts": "DRAFT", "draft": "DRAFT", "spam": "SPAM", "trash": "TRASH"}
_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(days=30), "y": timedelta(days=365)}


def matching(query: str, now: datetime) -> Predicate:
    """Return a predicate that is true for messages that match all terms of `query`.

    Raises GmailRefusal: 400 for an unclosed quote, 501 for an operator that the stand-in does not know.
    """
    try:
        terms = shlex.split(query.replace("'", "\\'"))
    except ValueError:
        raise invalid("Invalid query") from None
    predicates = [_term(term, now) for term in terms]
    return lambda message: all(holds(message) for holds in predicates)


def _term(term: str, now: datetime) -> Predicate:
    if term.startswith("-") and len(term) > 1:
        holds = _term(term[1:], now)
        return lambda message: not holds(message)
    name, colon, value = term.partition(":")
    if not colon:
        return lambda message: (
            term.lower() in f"{rfc822.header(message.raw, 'Subject')} {rfc822.text(message.raw)}".lower()
        )
    return _operator(name.lower(), value, now)


def _operator(name: str, value: str, now: datetime) -> Predicate:
    match name:
        case "rfc822msgid":
            return lambda message: message.rfc_id.strip("<>") == value.strip("<>")
        case "from" | "to" | "cc" | "bcc" | "subject":
            return lambda message: value.lower() in rfc822.header(message.raw, name).lower()
        case "in" | "label" | "is":
            return _labelled(value.lower())
        case "after" | "newer":
            return lambda message: message.received_at >= _moment(value)
        case "before" | "older":
            return lambda message: message.received_at < _moment(value)
        case "newer_than":
            return lambda message: message.received_at >= now - _span(value)
        case "older_than":
            return lambda message: message.received_at < now - _span(value)
    raise not_implemented(f"the search operator {name}:")


def _labelled(value: str) -> Predicate:
    if value == "anywhere":
        return lambda _: True
    if value == "read":
        return lambda message: "UNREAD" not in message.labels
    return lambda message: _PLACES.get(value, value.upper()) in message.labels


def _moment(value: str) -> datetime:
    if value.isdigit() and len(value) > 4:
        return datetime.fromtimestamp(int(value), UTC)
    parts = re.fullmatch(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})", value)
    if parts is None:
        raise invalid("Invalid query")
    return datetime(int(parts[1]), int(parts[2]), int(parts[3]), tzinfo=UTC)


def _span(value: str) -> timedelta:
    parts = re.fullmatch(r"(\d+)([dhmy])", value)
    if parts is None:
        raise invalid("Invalid query")
    return int(parts[1]) * _UNITS[parts[2]]
