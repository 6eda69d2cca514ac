"""Writes one mail of the corpus as Gmail hands it out: byte for byte, so that it can be wrong in any way."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from quopri import encodestring
from typing import Any, Literal

Class = Literal["customer", "automated", "own", "broken"]
ANN = "Ann Customer <ann@customer.example>"
US = "support@techcorp.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A mail, its class, and what is expected of it: `text` for customers, other fields of ParsedMail as needed."""

    name: str
    expected_class: Class
    raw: bytes
    expected: dict[str, Any] = field(default_factory=dict)
    labels: tuple[str, ...] = ("INBOX", "UNREAD")


def customer(name: str, raw: bytes, text: str, **expected: Any) -> Case:
    """A person's mail that must be answered."""
    return Case(name=name, expected_class="customer", raw=raw, expected={"text": text, **expected})


def letter(
    body: str | bytes,
    *,
    subject: str = "Question about my account",
    sender: str = ANN,
    content_type: str = "text/plain; charset=utf-8",
    encoding: str = "",
    headers: str = "",
    dmarc: str = "pass",
) -> bytes:
    """A mail of one part under Gmail's trace headers. `body` str is UTF-8; lines end in CRLF."""
    data = body.replace("\n", "\r\n").encode() if isinstance(body, str) else body
    lines = [f"From: {sender}", f"To: {US}", f"Subject: {subject}", "Date: Sun, 22 Nov 2026 09:15:00 +0000"]
    lines += ["Message-ID: <a1b2c3@customer.example>", "MIME-Version: 1.0", f"Content-Type: {content_type}"]
    lines += [f"Content-Transfer-Encoding: {encoding}"] if encoding else []
    lines += headers.strip("\n").split("\n") if headers else []
    return trace(sender, dmarc) + "\r\n".join(lines).encode() + b"\r\n\r\n" + _encoded(data, encoding)


def trace(sender: str, dmarc: str = "pass") -> bytes:
    """The headers that Gmail puts on top, with its verdict on the sender's domain."""
    found = re.search(r"<?([^\s<>,\"]+@[^\s<>,]+)>?[^<>]*$", sender)
    address = found[1] if found else "ann@customer.example"
    domain = address.rpartition("@")[2].encode("idna").decode()
    return (
        f"Delivered-To: {US}\r\n"
        "Received: by 2002:a05:7300:1234:b0:1a2 with SMTP id x18csp123; Sun, 22 Nov 2026 01:15:02 -0800 (PST)\r\n"
        f"Return-Path: <{address}>\r\n"
        f"Received: from mail.{domain} (mail.{domain}. [192.0.2.25])\r\n"
        f"        by mx.google.com with ESMTPS id a1-20020a17 for <{US}>;\r\n"
        "        Sun, 22 Nov 2026 01:15:01 -0800 (PST)\r\n"
        f"Received-SPF: {dmarc} (google.com: domain of {address}) client-ip=192.0.2.25;\r\n"
        "Authentication-Results: mx.google.com;\r\n"
        f"       dkim={dmarc} header.i=@{domain} header.s=s1 header.b=Zm9vYmFy;\r\n"
        f"       spf={dmarc} (google.com: domain of {address} designates 192.0.2.25 as permitted sender)"
        f" smtp.mailfrom={address};\r\n"
        f"       dmarc={dmarc} (p=REJECT sp=REJECT dis=NONE) header.from={domain}\r\n"
    ).encode()


def multipart(*parts: str | bytes, kind: str = "mixed", boundary: str = "b0", **options: Any) -> bytes:
    """A mail of several parts; each part comes with its own headers."""
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), part_bytes(part)) for part in parts)
    body += b"--%s--\r\n" % boundary.encode()
    return letter(body, content_type=f'multipart/{kind}; boundary="{boundary}"', **options)


def part(body: str | bytes, content_type: str, encoding: str = "", headers: str = "") -> bytes:
    """One part with its headers."""
    data = body.replace("\n", "\r\n").encode() if isinstance(body, str) else body
    lines = [f"Content-Type: {content_type}"] + ([f"Content-Transfer-Encoding: {encoding}"] if encoding else [])
    lines += headers.strip("\n").split("\n") if headers else []
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + _encoded(data, encoding)


def nested(*parts: str | bytes, kind: str, boundary: str) -> bytes:
    """A multipart within another."""
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), part_bytes(item)) for item in parts)
    return part(body + b"--%s--\r\n" % boundary.encode(), f'multipart/{kind}; boundary="{boundary}"')


def part_bytes(item: str | bytes) -> bytes:
    """A part as bytes; str is UTF-8 with CRLF."""
    return item.replace("\n", "\r\n").encode() if isinstance(item, str) else item


def _encoded(data: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return base64.encodebytes(data).replace(b"\n", b"\r\n")
    return (
        encodestring(data).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") if encoding == "quoted-printable" else data
    )
