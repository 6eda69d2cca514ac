"""What all of Twilio's posts share: form parameters and the id of the message."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ingest.events import InvalidMessageError

Params = Sequence[tuple[str, str]]
_SID = re.compile(r"[A-Za-z0-9_-]{2,64}")


def message_sid(fields: Mapping[str, str]) -> str:
    """Return the MessageSid. Raises InvalidMessageError when there is none, or none that could be one."""
    sid = fields.get("MessageSid") or fields.get("SmsSid", "")
    if not _SID.fullmatch(sid):
        raise InvalidMessageError("no MessageSid")
    return sid
