"""A mail without its body, for one whose body can't be parsed within its limits."""

from __future__ import annotations

HEAD_BYTES = 64_000
UNPARSED = "[The text of this mail could not be read. It is in the mailbox.]"
"""Stands for the text of such a mail, for people."""


def head_of(raw: bytes) -> bytes:
    """Return the headers of a mail, at most 64 kB of them, without those that describe its body."""
    kept: list[bytes] = []
    about_body = False
    for line in raw[:HEAD_BYTES].splitlines(keepends=True):
        if not line.strip(b"\r\n"):
            break
        if not line.startswith((b" ", b"\t")):
            about_body = line[:8].lower() == b"content-"
        if not about_body:
            kept.append(line)
    return b"".join(kept) + b"\r\n"
