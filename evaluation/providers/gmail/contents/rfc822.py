"""Reads and edits raw mail as Gmail does: headers by bytes, parts as `MessagePart` resources."""

from __future__ import annotations

import base64
import re
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses
from typing import Any

_ATTACHED_FROM = 16 * 1024  # larger bodies are fetched by attachmentId
_REPLY_PREFIX = re.compile(r"^\s*((re|aw|sv|antw|fwd?|wg|tr)(\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_SNIPPET_LENGTH = 200
_HEADS: BytesHeaderParser[Message] = BytesHeaderParser(policy=compat32)


def parse(raw: bytes) -> Message:
    """Parse a mail with the standard library, broken mail as far as it goes."""
    return message_from_bytes(raw, policy=compat32)


def headers(raw: bytes) -> list[tuple[str, str]]:
    """Return all headers in order, encoded words decoded, folds removed."""
    # Parses the headers only: the body may be nested too deep for the parser.
    return [(name, _decoded(str(value))) for name, value in _HEADS.parsebytes(raw).raw_items()]


def header(raw: bytes, name: str) -> str:
    """Return the first header of that name; empty without one."""
    return next((value for key, value in headers(raw) if key.lower() == name.lower()), "")


def addresses(raw: bytes, *names: str) -> list[str]:
    """Return the bare addresses in these headers, in order, in lower case."""
    wanted = {name.lower() for name in names}
    values = [value for key, value in headers(raw) if key.lower() in wanted]
    return [address.lower() for _, address in getaddresses(values) if address]


def message_ids(raw: bytes, *names: str) -> list[str]:
    """Return the Message-IDs in these headers, in order."""
    return [found for name in names for found in _MESSAGE_ID.findall(header(raw, name))]


def base_subject(raw: bytes) -> str:
    """Return the subject without `Re:` and the like, as threads compare it."""
    return " ".join(_REPLY_PREFIX.sub("", header(raw, "Subject")).split()).lower()


def with_header(raw: bytes, name: str, value: str) -> bytes:
    """Return the mail with that header replaced, on top; every other byte stays."""
    return f"{name}: {value}\r\n".encode() + without_header(raw, name)


def without_header(raw: bytes, name: str) -> bytes:
    """Return the mail without that header and its folded lines."""
    end = re.search(rb"\r?\n\r?\n", raw)
    head, gap, body = (raw[: end.start()], end[0], raw[end.end() :]) if end else (raw, b"", b"")
    pattern = re.compile(rb"^" + re.escape(name.encode()) + rb"\s*:.*(\r?\n[ \t].*)*(\r?\n|\Z)", re.I | re.M)
    return pattern.sub(b"", head + b"\r\n").rstrip(b"\r\n") + gap + body


def text(raw: bytes) -> str:
    """Return the first text/plain part, else the first text part, else ""; for snippets, search and the journal."""
    try:
        parts = [part for part in parse(raw).walk() if part.get_content_maintype() == "text"]
    except RecursionError:
        return ""  # nested too deep for Python's parser
    parts.sort(key=lambda part: part.get_content_subtype() != "plain")
    return _text_of(parts[0]) if parts else ""


def snippet(raw: bytes) -> str:
    """Return the beginning of the text on one line."""
    return " ".join(text(raw).split())[:_SNIPPET_LENGTH]


def payload(raw: bytes) -> dict[str, Any]:
    """Return the whole mail as a `MessagePart` resource."""
    return _part(parse(raw), "")


def attachment(raw: bytes, part_id: str) -> bytes | None:
    """Return the bytes of one part; None without such a part."""
    return _find(parse(raw), "", part_id)


def encode(data: bytes) -> str:
    """Encode to base64url as Gmail does."""
    return base64.urlsafe_b64encode(data).decode()


def decode(data: str) -> bytes:
    """Decode base64url as Gmail does: padding is optional. Raises ValueError."""
    return base64.b64decode(data.replace("-", "+").replace("_", "/") + "=" * (-len(data) % 4), validate=True)


def _decoded(value: str) -> str:
    unfolded = re.sub(r"\r?\n(?=[ \t])", "", value)
    try:
        return str(make_header(decode_header(unfolded)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return unfolded


def _text_of(part: Message) -> str:
    data = part.get_payload(decode=True)
    raw = data if isinstance(data, bytes) else b""
    try:
        return raw.decode(part.get_content_charset() or "utf-8", errors="replace")
    except LookupError:
        return raw.decode("utf-8", errors="replace")


def _children(part: Message) -> list[Message]:
    held = part.get_payload()
    return [child for child in held if isinstance(child, Message)] if isinstance(held, list) else []


def _part(part: Message, part_id: str) -> dict[str, Any]:
    children = [_part(child, _child_id(part_id, n)) for n, child in enumerate(_children(part))]
    named = [{"name": name, "value": _decoded(str(value))} for name, value in part.raw_items()]
    described: dict[str, Any] = {
        "partId": part_id,
        "mimeType": part.get_content_type(),
        "filename": part.get_filename() or "",
        "headers": named,
        "body": {"size": 0} if children else _body(part, part_id),
    }
    return {**described, "parts": children} if children else described


def _body(part: Message, part_id: str) -> dict[str, Any]:
    data = part.get_payload(decode=True)
    raw = data if isinstance(data, bytes) else b""
    if part.get_filename() or len(raw) > _ATTACHED_FROM:
        return {"attachmentId": f"ANGjdJ-{part_id or 'root'}", "size": len(raw)}
    return {"size": len(raw), "data": encode(raw)}


def _find(part: Message, part_id: str, wanted: str) -> bytes | None:
    if f"ANGjdJ-{part_id or 'root'}" == wanted:
        data = part.get_payload(decode=True)
        return data if isinstance(data, bytes) else None
    found = (_find(child, _child_id(part_id, n), wanted) for n, child in enumerate(_children(part)))
    return next((data for data in found if data is not None), None)


def _child_id(parent: str, n: int) -> str:
    return f"{parent}.{n}" if parent else str(n)
