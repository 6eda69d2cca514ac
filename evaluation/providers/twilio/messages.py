"""The account's messages: records, resources and lists."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

API_VERSION = "2010-04-01"


@dataclass(slots=True, kw_only=True)
class Message:
    """One message, inbound or outbound. `status` only moves forward."""

    sid: str
    account_sid: str
    sender: str
    to: str
    body: str
    direction: str
    status: str
    created_at: datetime
    updated_at: datetime
    sent_at: datetime | None = None
    media: tuple[tuple[str, bytes], ...] = ()
    num_media: int = 0
    error_code: int | None = None
    error_message: str | None = None
    status_callback: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the Message resource of the API, which has neither callback nor template."""
        uri = f"/{API_VERSION}/Accounts/{self.account_sid}/Messages/{self.sid}"
        return {
            "account_sid": self.account_sid,
            "api_version": API_VERSION,
            "body": self.body,
            "date_created": rfc2822(self.created_at),
            "date_sent": rfc2822(self.sent_at),
            "date_updated": rfc2822(self.updated_at),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": self.error_message,
            "from": self.sender,
            "messaging_service_sid": None,
            "num_media": str(self.num_media),
            "num_segments": "1",
            "price": None,
            "price_unit": None,
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }


class Messages:
    """Every message of the account, by sid."""

    def __init__(self) -> None:
        self._by_sid: dict[str, Message] = {}

    def add(self, message: Message) -> None:
        """Add a new message."""
        self._by_sid[message.sid] = message

    def get(self, sid: str) -> Message | None:
        """Return a message, or None."""
        return self._by_sid.get(sid)

    def matching(self, query: Mapping[str, str]) -> list[Message]:
        """Filter by `To`, `From`, `DateSent`, `DateSent<`, `DateSent>`, newest first. Raises ValueError for no date."""
        tests = [_date_test(name, value) for name, value in query.items() if name.startswith("DateSent")]
        return [
            message
            for message in reversed(self._by_sid.values())
            if query.get("To", message.to) == message.to
            and query.get("From", message.sender) == message.sender
            and all(test(message.sent_at or message.created_at) for test in tests)
        ]


def page_of(messages: list[Message], path: str, query: Mapping[str, str]) -> dict[str, Any]:
    """Return a page of a list with the links that the client follows. Raises ValueError for no number."""
    size = min(int(query.get("PageSize", "50")), 1000)
    page = int(query.get("Page", "0"))
    start, last = page * size, max(math.ceil(len(messages) / size) - 1, 0)
    shown = messages[start : start + size]

    def link(number: int) -> str:
        kept = {name: value for name, value in query.items() if name not in ("Page", "PageSize", "PageToken")}
        return f"{path}?{urlencode({**kept, 'PageSize': size, 'Page': number, 'PageToken': f'PASM{number}'})}"

    return {
        "messages": [message.as_json() for message in shown],
        "page": page,
        "page_size": size,
        "start": start,
        "end": start + max(len(shown) - 1, 0),
        "uri": link(page),
        "first_page_uri": link(0),
        "next_page_uri": link(page + 1) if page < last else None,
        "previous_page_uri": link(page - 1) if page > 0 else None,
    }


def new_sid(prefix: str) -> str:
    """Return a new Twilio identifier: `prefix`, two letters, and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


def rfc2822(moment: datetime | None) -> str | None:
    """Format a date as the 2010 API does."""
    return format_datetime(moment.replace(microsecond=0)) if moment else None


def _date_test(name: str, value: str) -> Callable[[datetime], bool]:
    """Return the test of a bound. Dates (and midnights, as the client sends them) mean whole days in UTC, inclusive."""
    bound = datetime.fromisoformat(value)
    bound = bound if bound.tzinfo else bound.replace(tzinfo=UTC)
    whole_day = bound.time() == time()

    def test(moment: datetime) -> bool:
        if whole_day:
            found, limit = moment.date().isoformat(), bound.date().isoformat()
        else:
            found, limit = moment.replace(microsecond=0).isoformat(), bound.isoformat()
        return {"DateSent": found == limit, "DateSent<": found <= limit, "DateSent>": found >= limit}[name]

    return test
