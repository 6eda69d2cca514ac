"""Reads one part of a mail: bytes, parameters, and whether it is text to read or an attachment."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import suppress
from email.message import Message
from email.utils import collapse_rfc2231_value

from ingest.events import Attachment
from ingest.mail.parts.charsets import decode_words
from ingest.text import one_line

# An attachment's base64 is cut here before the mail is parsed; its size is then unknown.
SHORTENED_AT = 100_000
_TEXT_BYTES_LIMIT = 400_000
# More than Gmail carries.
_FILE_BYTES_LIMIT = 100_000_000
_FILENAME_LIMIT = 200
_ATTACHED_TEXTS = ("calendar", "vcard", "x-vcard", "directory", "csv", "xml", "rtf", "css", "javascript")
# The proof of a signature is no file that a person attached, and a pixel is no picture.
_PROOFS = ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")
_PIXEL_LIMIT = 1_000
_NAMES = {
    "text/calendar": "invite.ics",
    "text/vcard": "contact.vcf",
    "text/x-vcard": "contact.vcf",
    "application/ms-tnef": "winmail.dat",
    "application/pkcs7-mime": "smime.p7m",
}
_CONTENT_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}")
_ENCODING = re.compile(r"\s*\"?([A-Za-z0-9-]+)")
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]*={0,2}")


def content_type_of(part: Message) -> str:
    """Return the part's type, `application/octet-stream` where it has characters that no type has."""
    content_type = part.get_content_type()
    return content_type if _CONTENT_TYPE.fullmatch(content_type) else "application/octet-stream"


def children_of(part: Message) -> list[Message]:
    """Return the parts directly within a part; none for a leaf, and for a multipart whose boundary was not found."""
    children = part.get_payload()
    return [child for child in children if isinstance(child, Message)] if isinstance(children, list) else []


def is_attachment(part: Message, *, body: bool) -> bool:
    """Return whether a part is an attachment rather than the mail's text or a piece of it.

    `body`: it stands where only the text can, as in a mail of one part; then a name makes it no attachment.
    """
    if str(part.get("content-disposition", "")).strip().lower().startswith("attachment"):
        return True
    if part.get_content_maintype() == "multipart":
        return False
    if part.get_content_maintype() != "text" or part.get_content_subtype() in _ATTACHED_TEXTS:
        return True
    return not body and filename_of(part) is not None


def encoding_of(part: Message) -> str:
    """Return the name of the part's transfer encoding; a comment or parameter behind it does not count."""
    match = _ENCODING.match(str(part.get("content-transfer-encoding", ""))[:200])
    return match[1].lower() if match else ""


def attachment_of(part: Message) -> Iterator[Attachment]:
    """Yield the part's attachment; nothing for a signature's proof or a tracking pixel.

    `size` is in bytes, 0 where it is not known, as in a part that was cut at `SHORTENED_AT`.
    """
    content_type = content_type_of(part)
    size = _size(part)
    inline = not str(part.get("content-disposition", "")).strip().lower().startswith("attachment")
    attached = filename_of(part) is not None and "content-id" not in part
    pixel = inline and not attached and part.get_content_maintype() == "image" and 0 < size < _PIXEL_LIMIT
    if content_type not in _PROOFS and not pixel:
        yield Attachment(filename=filename_of(part) or _default_name(part), content_type=content_type, size=size)


def filename_of(part: Message) -> str | None:
    """Return the file's name (RFC 2231, RFC 2047 or raw bytes) without any path, or None."""
    name = parameter(part, "filename", "content-disposition") or parameter(part, "name")
    cleaned = one_line(re.split(r"[/\\]", decode_words(name))[-1], _FILENAME_LIMIT) if name else ""
    return cleaned or None


def parameter(part: Message, name: str, header: str = "content-type") -> str | None:
    """Return a parameter of a header, or None where it is missing or can't be read."""
    try:
        value = part.get_param(name, None, header)
        return collapse_rfc2231_value(value) if value is not None else None
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


def payload_of(part: Message, *, limit: int = _TEXT_BYTES_LIMIT) -> bytes:
    """Return the first `limit` decoded bytes of a part; broken base64 is read as far as it goes. Never raises."""
    encoding = encoding_of(part)
    if encoding == "base64":
        payload = part.get_payload()
        raw = payload.encode("utf-8", "replace") if isinstance(payload, str) else b""
        return _from_base64(raw[: 2 * limit])[:limit]
    if encoding and encoding != str(part.get("content-transfer-encoding", "")).lower():
        del part["content-transfer-encoding"]
        part["Content-Transfer-Encoding"] = encoding
    decoded = part.get_payload(decode=True)
    return decoded[:limit] if isinstance(decoded, bytes) else b""


def bytes_of(part: Message) -> bytes:
    """Return all bytes of a part that is an attachment; of an attached mail the mail."""
    inner = children_of(part)
    return inner[0].as_bytes() if inner else payload_of(part, limit=_FILE_BYTES_LIMIT)


def _from_base64(raw: bytes) -> bytes:
    """Decode up to the first line that is no base64 (a list's footer); text that never was any stays as it is."""
    lines = [line.strip() for line in raw.split(b"\n")]
    end = next((n for n, line in enumerate(lines) if not _BASE64_LINE.fullmatch(line)), len(lines))
    groups = re.split(rb"=+", b"".join(lines[:end]))
    return b"".join(_decoded(group) for group in groups) if end else _from_blanked(raw)


def _from_blanked(raw: bytes) -> bytes:
    """Decode base64 with blanks within its lines, if it says something in UTF-8; else return what was given."""
    whole = b"".join(raw.split())
    if len(whole) % 4 or not _BASE64_LINE.fullmatch(whole):
        return raw
    with suppress(ValueError):
        if "".join(base64.b64decode(whole).decode().split()).isprintable():
            return base64.b64decode(whole)
    return raw


def _decoded(group: bytes) -> bytes:
    whole = group[: len(group) - (len(group) % 4 == 1)]
    return base64.b64decode(whole + b"=" * (-len(whole) % 4))


def _size(part: Message) -> int:
    payload = part.get_payload()
    if not isinstance(payload, str):
        return 0
    if encoding_of(part) != "base64":
        return len(payload)
    return 0 if len(payload) > SHORTENED_AT - 3_000 else len("".join(payload.split()).rstrip("=")) * 3 // 4


def _default_name(part: Message) -> str:
    content_type = content_type_of(part)
    if part.get_content_maintype() == "message":
        inner = children_of(part)
        subject = str(inner[0].get("subject", "")) if inner else ""
        return f"{one_line(decode_words(subject), _FILENAME_LIMIT - 4) or 'message'}.eml"
    extension = content_type.rpartition("/")[2].removeprefix("x-").split("+")[0].split(".")[-1]
    return _NAMES.get(content_type, f"{content_type.partition('/')[0]}.{extension}")
