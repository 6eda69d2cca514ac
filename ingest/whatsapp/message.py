"""Parses a WhatsApp message as Twilio posts it: sender, text, attachments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ingest.events import Attachment, InvalidMessageError
from ingest.identifiers import InvalidIdentifierError
from ingest.text import clean, one_line, shorten, shown_name
from ingest.whatsapp.answers import answered_form, file_name
from ingest.whatsapp.post import Params, message_sid
from ingest.whatsapp.sender_id import normalise_whatsapp, user_id

Kind = Literal["text", "media", "location", "contacts", "button", "reaction", "unsupported"]

TEXT_LIMIT = 10_000
_MEDIA_LIMIT = 10
_PLACE = "application/geo+json"
_MEDIA_URL = re.compile(r"/Media/(ME[0-9a-fA-F]{32})(?:[?#]|$)")
_EXTENSIONS = {"jpeg": "jpg", "mpeg": "mp3", "quicktime": "mov", "plain": "txt", "vcard": "vcf", "x-vcard": "vcf"}
_METADATA = {
    "AccountSid": "account_sid",
    "To": "to",
    "ButtonPayload": "button_payload",
    "Forwarded": "forwarded",
    "OriginalRepliedMessageSid": "replied_to",
    "ReferralSourceUrl": "referral_url",
    "ReferralHeadline": "referral_headline",
    "ReferralBody": "referral_body",
    "ReferralSourceId": "referral_id",
    "ReferralSourceType": "referral_type",
    "ReferralMediaUrl": "referral_media_url",
    "ExternalUserId": "external_user_id",
    "Username": "username",
    "ListId": "list_id",
    "MessageType": "message_type",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedMessage:
    """A message as it came in.

    `sender` is the identifier to compare by (E.164, or WhatsApp's user id where the number is hidden), `user_id` that
    user id as far as it was sent too, else '', `address` the one to reply to, exactly as Twilio gave it
    (`whatsapp:+…`). `text` is what the customer wrote, and empty for media, places and contacts, which are
    `attachments`; of an answered form it is a line for each field. `answerable` is False for a mere reaction.
    `media` are Twilio's ids of the first attachments, '' where there is none.
    """

    provider_message_id: str
    sender: str
    user_id: str
    address: str
    wa_id: str
    profile_name: str
    kind: Kind
    text: str
    attachments: tuple[Attachment, ...]
    metadata: dict[str, str]
    truncated: bool
    media: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        """False for a reaction, such as a thumbs-up: it is stored and not answered."""
        return self.kind != "reaction"


def parse(params: Params) -> ParsedMessage:
    """Read an inbound message. Twilio sends no time: the caller's clock says when it came.

    Raises InvalidMessageError for what is no message from a WhatsApp sender: a status callback, an SMS, no sid.
    """
    fields = {name: clean(value) for name, value in params}
    sid, address = message_sid(fields), fields.get("From", "")
    if not address.startswith("whatsapp:"):
        raise InvalidMessageError("From is no WhatsApp address")
    if address == fields.get("To"):
        raise InvalidMessageError("our own number wrote this")
    if "Body" not in fields and fields.get("MessageStatus") not in (None, "received"):
        raise InvalidMessageError("a status callback, not a message")
    kind = _kind(fields)
    attachments = tuple(_attachments(fields, kind))
    text, truncated = shorten(_written(fields, attachments), TEXT_LIMIT)
    return ParsedMessage(
        provider_message_id=sid,
        sender=_sender(address),
        user_id=user_id(fields.get("ExternalUserId", "")),
        address=address,
        wa_id=fields.get("WaId", ""),
        profile_name=shown_name(fields.get("ProfileName", ""), 255),
        kind=kind,
        text=text,
        attachments=attachments,
        metadata={key: _noted(fields[name], key) for name, key in _METADATA.items() if fields.get(name)},
        truncated=truncated,
        media=tuple(_media_id(fields.get(f"MediaUrl{n}", "")) for n, _ in enumerate(_media_types(fields))),
    )


def _sender(address: str) -> str:
    try:
        return normalise_whatsapp(address)
    except InvalidIdentifierError as error:
        raise InvalidMessageError(f"From is no WhatsApp sender: {error}") from error


def _noted(value: str, key: str) -> str:
    """Return what is kept beside a message: on one line, but for the text of the advertisement it came from."""
    return shorten(value, 500)[0] if key == "referral_body" else one_line(value, 500)


def _written(fields: dict[str, str], attachments: tuple[Attachment, ...]) -> str:
    """Return the customer's words: not the name of a file, which some programs send as the text."""
    chosen = fields.get("ButtonText") or fields.get("ListTitle")
    if chosen:
        return chosen
    body = fields.get("Body", "")
    if attachments and body == attachments[0].filename:
        return ""
    form = answered_form(fields)
    return "\n".join(part for part in ("" if form and body.lower() in ("sent", "ok") else body, form) if part)


def _kind(fields: dict[str, str]) -> Kind:
    declared = fields.get("MessageType", "").lower()
    if declared == "reaction":
        return "reaction"
    if fields.get("ButtonText") or fields.get("ListTitle") or answered_form(fields):
        return "button"
    if fields.get("Latitude") and fields.get("Longitude"):
        return "location"
    types = list(_media_types(fields))
    if declared == "contacts" or (types and all("vcard" in kind for kind in types)):
        return "contacts"
    if types:
        return "media"
    return "unsupported" if declared in ("unsupported", "unknown", "order", "system") else "text"


def _media_types(fields: dict[str, str]) -> Iterator[str]:
    count = fields.get("NumMedia", "0")
    announced = int(count) if count.isascii() and count.isdigit() and len(count) < 4 else 0
    for n in range(min(announced, _MEDIA_LIMIT)):
        yield one_line(fields.get(f"MediaContentType{n}", ""), 100).lower() or "application/octet-stream"


def _media_id(url: str) -> str:
    found = _MEDIA_URL.search(url[:1_000])
    return found[1] if found else ""


def _attachments(fields: dict[str, str], kind: Kind) -> Iterator[Attachment]:
    for n, content_type in enumerate(_media_types(fields), start=1):
        yield Attachment(filename=_filename(fields, content_type, n), content_type=content_type)
    if kind == "location":
        place = ", ".join(fields[name] for name in ("Label", "Address") if fields.get(name))
        where = f"{fields['Latitude']}, {fields['Longitude']}"
        yield Attachment(filename=one_line(f"{place} ({where})" if place else where, 200), content_type=_PLACE)


def _filename(fields: dict[str, str], content_type: str, n: int) -> str:
    if n == 1 and (named := file_name(fields)):
        return named
    main, _, sub = content_type.partition(";")[0].strip().partition("/")
    name = "sticker" if fields.get("MessageType", "").lower() == "sticker" else main or "file"
    return f"{name}-{n}.{_EXTENSIONS.get(sub, sub.split('.')[-1] or 'bin')}"
