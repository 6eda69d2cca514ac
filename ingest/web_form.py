"""The web form: the rules of its fields (F1), and the record that a valid form becomes.

Lengths count code points of the trimmed text, as the page's own check does. Unknown fields are ignored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from db.ids import new_id
from db.intake.form_files import NewFile
from db.intake.web_form import Claim, NewForm, NewReply, ReplyAddress
from db.records import IdentifierType, Priority
from ingest.events import INCOMING, Attachment, InboundMessage, sender_key
from ingest.identifiers import (
    InvalidIdentifierError,
    normalise_email,
    normalise_phone,
    phone_key,
    phone_pattern,
    typed_email_pattern,
    typed_phone_pattern,
)

Category = Literal["account_access", "billing", "technical", "how_to", "feature_request", "complaint"]

# Unicode's White_Space, which is what gets trimmed, spelled out: `\s` means something else in every dialect.
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_EDGE = f"[^{_SPACE}\0]"
_PHONE = "+44 20 7946 0958"


def _no_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("nul_character", "must not contain the character NUL")
    return text


def _normalised(name: str, normalise: Callable[[str], str]) -> AfterValidator:
    def check(text: str) -> str:
        try:
            return normalise(text)
        except InvalidIdentifierError as error:
            raise PydanticCustomError(f"{name}_invalid", "{reason}", {"reason": str(error)}) from None

    return AfterValidator(check)


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _text_schema(least: int, most: int) -> WithJsonSchema:
    """Return the JSON schema of a text with these lengths after trimming; it accepts what the server accepts."""
    inner = f"{_EDGE}[^\0]{{{least - 2},{most - 2}}}{_EDGE}" if least > 1 else f"{_EDGE}([^\0]{{0,{most - 2}}}{_EDGE})?"
    description = f"{least} to {most} characters: code points, without the white space around them"
    pattern = f"^[{_SPACE}]*{inner}[{_SPACE}]*$"
    return WithJsonSchema({"type": "string", "minLength": least, "pattern": pattern, "description": description})


class _PhoneSchema:
    """Builds the JSON schema on demand: its pattern holds every country's numbering plan."""

    @classmethod
    def __get_pydantic_json_schema__(cls, _core: CoreSchema, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        pattern = f"^[{_SPACE}]*(?:{phone_pattern()})?[{_SPACE}]*$"  # an empty field is none
        typed = typed_phone_pattern()
        return {"type": "string", "format": "phone", "pattern": pattern, "x-typed": typed, "examples": [_PHONE]}


_NoNul = AfterValidator(_no_nul)
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=2, max_length=255), _NoNul, _text_schema(2, 255)
]
Subject = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=5, max_length=500), _NoNul, _text_schema(5, 500)
]
Message = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=10, max_length=10_000), _NoNul, _text_schema(10, 10_000)
]
ReplyText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000), _NoNul, _text_schema(1, 10_000)
]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=320),
    _normalised("email", normalise_email),
    WithJsonSchema({"type": "string", "format": "email", "x-typed": typed_email_pattern()}),
]
Phone = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=100),
    _normalised("phone", normalise_phone),
    _PhoneSchema,
]


class SupportForm(BaseModel):
    """A request for support, as the customer typed it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: Name
    email: Email
    phone: Annotated[Phone | None, BeforeValidator(_blank_is_none)] = Field(
        default=None, description="International, with + and the country code; may be left out"
    )
    subject: Subject
    category: Category
    priority: Priority = "medium"
    message: Message
    homepage: str = Field(
        default="", max_length=500, description="Leave it empty: people do not see it. It is not kept"
    )


class TicketReply(BaseModel):
    """What customers add to their tickets."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    message: ReplyText


def new_form(form: SupportForm, *, key: str | None, now: datetime, files: Sequence[NewFile] = ()) -> NewForm:
    """Make the record of a valid form. Without a `key` (the Idempotency-Key) every call is a form of its own."""
    inbox_id, conversation_id = new_id(), new_id()
    message = InboundMessage(
        inbox_id=inbox_id,
        conversation_id=conversation_id,
        message_id=key or str(inbox_id),
        channel="web_form",
        customer_identifier=form.email,
        identifier_type="email",
        content=form.message,
        subject=form.subject,
        metadata={"name": form.name, "category": form.category, "priority": form.priority},
        attachments=_attachments(files),
        timestamp=now,
    )
    return NewForm(
        key=message.message_id,
        body_hash=_fingerprint(form, files),
        sender_key=sender_key("email", form.email),
        name=form.name,
        email=form.email,
        phone=form.phone,
        claims=_claims(form),
        subject=form.subject,
        category=form.category,
        priority=form.priority,
        content=form.message,
        topic=INCOMING,
        payload=message.model_dump_json(),
        inbox_id=inbox_id,
        customer_id=new_id(),
        conversation_id=conversation_id,
        ticket_id=new_id(),
        message_id=new_id(),
        event_id=new_id(),
        files=tuple(files),
    )


def new_reply(
    reply: TicketReply, address: ReplyAddress, *, key: str | None, now: datetime, files: Sequence[NewFile] = ()
) -> NewReply:
    """Make the record of a customer's further message in a ticket; the key is unique within the ticket only."""
    inbox_id = new_id()
    kind, _, identifier = address.sender_key.partition(":")
    identifier_type: IdentifierType = "whatsapp" if kind == "whatsapp" else "phone" if kind == "phone" else "email"
    message = InboundMessage(
        inbox_id=inbox_id,
        conversation_id=address.conversation_id,
        message_id=f"{address.ticket_number}:{key or inbox_id}",
        channel="web_form",
        customer_identifier=identifier,
        identifier_type=identifier_type,
        content=reply.message,
        subject=address.subject,
        attachments=_attachments(files),
        timestamp=now,
    )
    return NewReply(
        key=message.message_id,
        body_hash=_fingerprint(reply, files),
        sender_key=address.sender_key,
        ticket_id=address.ticket_id,
        content=reply.message,
        topic=INCOMING,
        payload=message.model_dump_json(),
        inbox_id=inbox_id,
        message_id=new_id(),
        event_id=new_id(),
        files=tuple(files),
    )


def _claims(form: SupportForm) -> tuple[Claim, ...]:
    email = Claim(id=new_id(), type="email", value=form.email)
    if form.phone is None:
        return (email,)
    return (email, Claim(id=new_id(), type="phone", value=phone_key(form.phone)))


def _attachments(files: Sequence[NewFile]) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(filename=file.filename, content_type=file.content_type, size=len(file.content)) for file in files
    )


def _fingerprint(body: BaseModel, files: Sequence[NewFile]) -> bytes:
    """SHA-256 of the body as it was understood: order of fields, blanks and unknown fields make no other body."""
    digest = hashlib.sha256(body.model_dump_json(exclude={"homepage"}).encode())
    for file in files:
        digest.update(hashlib.sha256(file.filename.encode()).digest() + hashlib.sha256(file.content).digest())
    return digest.digest()
