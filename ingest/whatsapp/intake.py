"""Turns a parsed WhatsApp message into the record that is stored."""

from __future__ import annotations

from datetime import datetime

from db.intake.channels import ChannelMessage, File
from ingest.events import INCOMING, sender_key
from ingest.text import one_line
from ingest.whatsapp.message import ParsedMessage

PROVIDER = "twilio"
SUBJECT_CHARACTERS = 80


def channel_message(parsed: ParsedMessage, *, now: datetime, quiet_s: float, join_hours: float) -> ChannelMessage:
    """Return the record, verified by Twilio's signature. The message joins a conversation of the last `join_hours`."""
    names = ", ".join(file.filename for file in parsed.attachments)
    return ChannelMessage(
        channel="whatsapp",
        provider=PROVIDER,
        provider_message_id=parsed.provider_message_id,
        identifier_type="whatsapp",
        identifier=parsed.sender,
        verified=True,
        display_name=parsed.profile_name,
        subject=one_line(parsed.text or names, SUBJECT_CHARACTERS),
        content=parsed.text,
        attachments=tuple(
            File(filename=file.filename, content_type=file.content_type, size=file.size) for file in parsed.attachments
        ),
        join_key=sender_key("whatsapp", parsed.sender),
        join_within_s=join_hours * 3600,
        quiet_s=quiet_s,
        answerable=parsed.answerable,
        alias=parsed.user_id if parsed.user_id != parsed.sender else "",
        metadata={
            **parsed.metadata,
            "address": parsed.address,
            "kind": parsed.kind,
            "truncated": parsed.truncated,
            **({"media": list(parsed.media)} if parsed.media else {}),
        },
        received_at=now,
        topic=INCOMING,
    )
