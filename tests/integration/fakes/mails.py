"""Mail that the tests send through the stand-in."""

from __future__ import annotations

import base64
from email.message import EmailMessage
from email.policy import SMTP


def outgoing(*, to: str = "eve@example.com", subject: str = "Re: Login", text: str = "Hello", **headers: str) -> bytes:
    """A mail of ours; `headers` with underscores for dashes."""
    message = EmailMessage(policy=SMTP)
    message["From"] = "TechCorp Support <support@example.com>"
    if to:
        message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = "<ours-1@techcorp.com>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return bytes(message)


def body(raw: bytes, thread_id: str | None = None) -> dict[str, str]:
    """The `Message` of a request."""
    encoded = {"raw": base64.urlsafe_b64encode(raw).decode()}
    return {**encoded, "threadId": thread_id} if thread_id else encoded
