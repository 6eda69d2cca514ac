"""What the mailbox reader and its parser process say to each other: messages behind their length.

The reader's are pickles; the process's are JSON, for it has read what strangers wrote.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter

from ingest.mail.message import ParsedMail

LENGTH = struct.Struct("!Q")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseRequest:
    """A mail, the other arguments of ingest.mail.message.parse, and what it may take of time and address space.

    With `file` the bytes of that attachment are asked for instead (ingest.mail.parts.mime.file_of).
    """

    raw: bytes
    fields: dict[str, Any]
    limit_s: float
    limit_bytes: int
    file: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseAnswer:
    """`mail`, or `file` in base64, when it was `parsed`, otherwise `cause`.

    The process also answers `ready` once, when it has started.
    """

    outcome: Literal["ready", "parsed", "invalid", "too_large", "failed"]
    mail: ParsedMail | None = None
    file: str | None = None
    cause: str = ""


ANSWER = TypeAdapter(ParseAnswer)


def framed(body: bytes) -> bytes:
    """Return a message's bytes with their length before them."""
    return LENGTH.pack(len(body)) + body
