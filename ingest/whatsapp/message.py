"""A WhatsApp message as Twilio posts it: is it Twilio's, what does it say, and what became of what we sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from twilio.request_validator import (  # type: ignore[import-untyped]
    RequestValidator,
    get_signature_algorithm,
)

from ingest.events import Attachment, InvalidMessageError
from ingest.identifiers import InvalidIdentifierError
from ingest.mail.addresses import normalise_whatsapp
from ingest.text import clean, one_line, shorten

Params = Sequence[tuple[str, str]]
Kind = Literal["text", "media", "location", "contacts", "button", "reaction", "unsupported"]
Status = Literal[
    "accepted", "scheduled", "queued", "sending", "sent", "delivered", "read", "undelivered", "failed", "canceled"
]

TEXT_LIMIT = 10_000
_MEDIA_LIMIT = 10
_SID = re.compile(r"[A-Za-z0-9_-]{2,64}")
_PLACE = "application/geo+json"
_ORDER: tuple[Status, ...] = ("accepted", "scheduled", "queued", "sending", "sent", "delivered", "read")
_FAILED: tuple[Status, ...] = ("undelivered", "failed", "canceled")
_STATUSES = _ORDER + _FAILED
_EXTENSIONS = {"jpeg": "jpg", "mpeg": "mp3", "quicktime": "mov", "plain": "txt", "vcard": "vcf", "x-vcard": "vcf"}
_METADATA = {
    "AccountSid": "account_sid",
    "To": "to",
    "ButtonPayload": "button_payload",
    "Forwarded": "forwarded",
    "OriginalRepliedMessageSid": "replied_to",
    "ReferralSourceUrl": "referral_url",
    "ReferralHeadline": "referral_headline",
    "ExternalUserId": "external_user_id",
    "MessageType": "message_type",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedMessage:
    """A message as it came in.

    `sender` is the identifier to compare by (E.164, or WhatsApp's user id where the number is hidden), `address` the
    one to answer to, exactly as Twilio gave it (`whatsapp:+…`). `text` is what the customer wrote, and empty for
    media, places and contacts, which are `attachments`. `answerable` is False for a mere reaction.
    """

    provider_message_id: str
    sender: str
    address: str
    wa_id: str
    profile_name: str
    kind: Kind
    text: str
    attachments: tuple[Attachment, ...]
    metadata: dict[str, str]
    truncated: bool

    @property
    def answerable(self) -> bool:
        """A thumbs-up on an answer asks nothing: it is kept and not answered."""
        return self.kind != "reaction"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusUpdate:
    """What Twilio says about a message that we sent. `error_code` is e.g. 63016, outside the 24-hour window."""

    provider_message_id: str
    status: Status
    error_code: int | None
    error_message: str
    address: str


class _Form:
    """Form parameters as the validator wants them: it reads repeated ones through `getlist`."""

    def __init__(self, params: Params) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in params:
            self._values.setdefault(name, []).append(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def getlist(self, name: str) -> list[str]:
        """Return every value that the parameter came with."""
        return self._values[name]


def verify(auth_token: str, public_url: str, params: Params | str, signature: str, *, settings: str = "") -> bool:
    """Tell whether Twilio signed this request (`X-Twilio-Signature`). Never raises.

    `public_url` is the URL that Twilio calls, with its query, built from `PUBLIC_BASE_URL` and never from the request's
    own Host. `params` are all form parameters, unknown ones too, or the raw body of a JSON request, whose hash Twilio
    puts into the query (`bodySHA256`). `settings` is `X-Twilio-Webhooks-Signature-Settings`, if there is one: it names
    the algorithm, and `auth_token` is then the shared key's secret. A signature has no time: dedupe by MessageSid.
    """
    if not auth_token or not signature or (isinstance(params, str) and "bodySHA256=" not in public_url):
        return False
    body = params if isinstance(params, str) else _Form(params)
    try:
        algorithm = get_signature_algorithm(settings)
        return bool(RequestValidator(auth_token).validate(public_url, body, signature, algorithm))
    except (UnicodeError, ValueError):
        return False


def parse(params: Params) -> ParsedMessage:
    """Read an inbound message. Twilio sends no time: the caller's clock says when it came.

    Raises InvalidMessageError for what is no message from a WhatsApp sender: a status callback, an SMS, no sid.
    """
    fields = {name: clean(value) for name, value in params}
    sid, address = _sid(fields), fields.get("From", "")
    if not address.startswith("whatsapp:"):
        raise InvalidMessageError("From is no WhatsApp address")
    if address == fields.get("To"):
        raise InvalidMessageError("our own number wrote this")
    if "Body" not in fields and fields.get("MessageStatus") not in (None, "received"):
        raise InvalidMessageError("a status callback, not a message")
    kind = _kind(fields)
    words = fields.get("ButtonText") or fields.get("ListTitle") or fields.get("Body", "")
    text, truncated = shorten(words, TEXT_LIMIT)
    return ParsedMessage(
        provider_message_id=sid,
        sender=_sender(address),
        address=address,
        wa_id=fields.get("WaId", ""),
        profile_name=one_line(fields.get("ProfileName", ""), 255),
        kind=kind,
        text=text,
        attachments=tuple(_attachments(fields, kind)),
        metadata={key: one_line(fields[name], 500) for name, key in _METADATA.items() if fields.get(name)},
        truncated=truncated,
    )


def parse_status(params: Params) -> StatusUpdate:
    """Read a status callback. Raises InvalidMessageError for a status that Twilio does not document, or no sid."""
    fields = {name: clean(value) for name, value in params}
    said = fields.get("MessageStatus") or fields.get("SmsStatus", "")
    status = next((known for known in _STATUSES if known == said), None)
    if status is None:
        raise InvalidMessageError(f"no message status: {said[:40]!r}")
    code = fields.get("ErrorCode", "")
    return StatusUpdate(
        provider_message_id=_sid(fields),
        status=status,
        error_code=int(code) if code.isascii() and code.isdigit() and len(code) < 10 else None,
        error_message=one_line(fields.get("ErrorMessage", ""), 500),
        address=fields.get("To", ""),
    )


def is_forward(old: Status, new: Status) -> bool:
    """Tell whether `new` is news after `old`. Callbacks repeat and come out of order; a final state never changes."""
    if old in _FAILED or old == new:
        return False
    if new in _FAILED:
        return old not in ("delivered", "read")
    return _ORDER.index(new) > _ORDER.index(old)


def _sid(fields: dict[str, str]) -> str:
    sid = fields.get("MessageSid") or fields.get("SmsSid", "")
    if not _SID.fullmatch(sid):
        raise InvalidMessageError("no MessageSid")
    return sid


def _sender(address: str) -> str:
    try:
        return normalise_whatsapp(address)
    except InvalidIdentifierError as error:
        raise InvalidMessageError(f"From is no WhatsApp sender: {error}") from error


def _kind(fields: dict[str, str]) -> Kind:
    declared = fields.get("MessageType", "").lower()
    if declared == "reaction":
        return "reaction"
    if fields.get("ButtonText") or fields.get("ListTitle"):
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


def _attachments(fields: dict[str, str], kind: Kind) -> Iterator[Attachment]:
    for n, content_type in enumerate(_media_types(fields), start=1):
        yield Attachment(filename=_filename(fields, content_type, n), content_type=content_type)
    if kind == "location":
        place = ", ".join(fields[name] for name in ("Label", "Address") if fields.get(name))
        where = f"{fields['Latitude']}, {fields['Longitude']}"
        yield Attachment(filename=one_line(f"{place} ({where})" if place else where, 200), content_type=_PLACE)


def _filename(fields: dict[str, str], content_type: str, n: int) -> str:
    main, _, sub = content_type.partition(";")[0].strip().partition("/")
    name = "sticker" if fields.get("MessageType", "").lower() == "sticker" else main or "file"
    return f"{name}-{n}.{_EXTENSIONS.get(sub, sub.split('.')[-1] or 'bin')}"
