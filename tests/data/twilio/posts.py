"""What Twilio posts: WhatsApp messages, status callbacks, and what is refused as neither."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

SID = "SM" + "a1b2" * 8
ANN, US = "whatsapp:+447700900123", "whatsapp:+14155238886"

Pairs = list[tuple[str, str]]


def post(**changes: str | None) -> Pairs:
    """The parameters of an ordinary message, changed; None leaves one out."""
    base: dict[str, str | None] = {
        "SmsMessageSid": SID, "NumMedia": "0", "ProfileName": "Ann", "MessageType": "text", "SmsSid": SID,
        "WaId": "447700900123", "SmsStatus": "received", "Body": "How do I reset my password?", "To": US,
        "NumSegments": "1", "ReferralNumMedia": "0", "MessageSid": SID, "AccountSid": "AC" + "0" * 32, "From": ANN,
        "ApiVersion": "2010-04-01",
    }  # fmt: skip
    return [(name, value) for name, value in {**base, **changes}.items() if value is not None]


def media(*types: str, **changes: str | None) -> Pairs:
    """A message with media of these types and no text."""
    items: dict[str, str | None] = {"NumMedia": str(len(types)), "Body": "", "MessageType": types[0].partition("/")[0]}
    for n, content_type in enumerate(types):
        items[f"MediaContentType{n}"] = content_type
        items[f"MediaUrl{n}"] = f"https://api.twilio.com/2010-04-01/Accounts/AC0/Messages/{SID}/Media/ME{n}"
    return post(**{**items, **changes})


def status(state: str | None = "delivered", **changes: str | None) -> Pairs:
    """The parameters of a status callback."""
    base: dict[str, str | None] = {
        "ChannelPrefix": "whatsapp", "ApiVersion": "2010-04-01", "MessageStatus": state, "SmsSid": SID,
        "SmsStatus": state, "To": ANN, "From": US, "MessageSid": SID, "AccountSid": "AC" + "0" * 32,
    }  # fmt: skip
    return [(name, value) for name, value in {**base, **changes}.items() if value is not None]


def _sender(name: str, address: str, sender: str) -> tuple[str, str, Pairs, dict[str, Any]]:
    wa_id = address.removeprefix("whatsapp:").lstrip("+")
    return name, "message", post(From=address, WaId=wa_id), {"sender": sender, "address": address}


def posts() -> Iterator[tuple[str, str, Pairs, dict[str, Any]]]:
    """Yield (name, class, parameters, expected fields): messages, status callbacks, and what is refused."""
    yield from _texts()
    yield from _media()
    yield from _senders()
    yield from _statuses()
    yield from _refused()


def _texts() -> Iterator[tuple[str, str, Pairs, dict[str, Any]]]:
    asked = "How do I reset my password?"
    yield "text", "message", post(), {"text": asked, "sender": "+447700900123", "kind": "text", "profile_name": "Ann"}
    yield "text-empty", "message", post(Body=""), {"text": "", "kind": "text", "attachments": []}
    yield "text-only-spaces", "message", post(Body=" \n "), {"text": ""}
    yield "text-emoji-only", "message", post(Body="👍🏽"), {"text": "👍🏽", "kind": "text"}
    yield "text-of-4096-characters", "message", post(Body="x" * 4096), {"text": "x" * 4096, "truncated": False}
    yield "text-beyond-every-limit", "message", post(Body="x" * 20_000), {"text": "x" * 10_000, "truncated": True}
    yield "text-with-nul", "message", post(Body="re\x00set"), {"text": "reset"}
    yield "text-with-lone-surrogate", "message", post(Body="re\ud83dset"), {"text": "reset"}
    yield "text-with-bidi-override", "message", post(Body="a\u202eb"), {"text": "ab"}
    yield "text-right-to-left", "message", post(Body="كيف أغير كلمة المرور؟"), {"text": "كيف أغير كلمة المرور؟"}
    yield "text-several-lines", "message", post(Body="one\r\ntwo\r\n\r\n\r\nthree"), {"text": "one\ntwo\n\nthree"}
    yield "text-looks-like-a-command", "message", post(Body="STOP"), {"text": "STOP"}
    yield "unknown-parameters", "message", post(NewThing="1", Äöü="2"), {"text": asked}
    yield "parameter-repeated", "message", [*post(), ("ProfileName", "Ann again")], {"profile_name": "Ann again"}
    yield "no-message-type", "message", post(MessageType=None), {"kind": "text", "text": asked}
    yield "no-body-at-all", "message", post(Body=None), {"text": "", "kind": "text"}
    yield "no-profile-name", "message", post(ProfileName=None), {"profile_name": ""}
    yield "profile-name-with-line-break", "message", post(ProfileName="Ann\r\nBcc: x"), {"profile_name": "Ann Bcc: x"}
    yield "profile-name-of-1000-characters", "message", post(ProfileName="x" * 1000), {"profile_name": "x" * 255}
    yield "only-the-old-sms-sid", "message", post(MessageSid=None), {"provider_message_id": SID}
    yield (
        "button-of-a-template",
        "message",
        post(Body="Yes", ButtonText="Yes, please", ButtonPayload="yes", MessageType="button"),
        {"kind": "button", "text": "Yes, please"},
    )
    yield (
        "list-choice",
        "message",
        post(Body="", ListTitle="Billing", ListId="b", MessageType="interactive"),
        {"kind": "button", "text": "Billing"},
    )
    yield "reaction", "message", post(Body="👍", MessageType="reaction"), {"kind": "reaction", "answerable": False}
    yield "unsupported-kind", "message", post(Body="", MessageType="unsupported"), {"kind": "unsupported", "text": ""}
    yield (
        "reply-to-an-earlier-message",
        "message",
        post(OriginalRepliedMessageSid="SM1"),
        {"metadata.replied_to": "SM1"},
    )
    yield "forwarded-message", "message", post(Forwarded="true"), {"metadata.forwarded": "true"}
    yield (
        "came-from-an-advertisement",
        "message",
        post(ReferralSourceUrl="https://fb.example/1"),
        {"metadata.referral_url": "https://fb.example/1"},
    )


def _media() -> Iterator[tuple[str, str, Pairs, dict[str, Any]]]:
    yield (
        "photo-without-text",
        "message",
        media("image/jpeg"),
        {"kind": "media", "text": "", "attachments": ["image-1.jpg"]},
    )
    yield (
        "photo-with-caption",
        "message",
        media("image/jpeg", Body="This error"),
        {"text": "This error", "attachments": ["image-1.jpg"]},
    )
    yield "voice-message", "message", media("audio/ogg; codecs=opus"), {"attachments": ["audio-1.ogg"]}
    yield "video", "message", media("video/mp4"), {"attachments": ["video-1.mp4"]}
    yield "document", "message", media("application/pdf", Body="invoice.pdf"), {"attachments": ["application-1.pdf"]}
    yield (
        "sticker",
        "message",
        media("image/webp", MessageType="sticker"),
        {"kind": "media", "attachments": ["sticker-1.webp"]},
    )
    yield "two-photos", "message", media("image/png", "image/png"), {"attachments": ["image-1.png", "image-2.png"]}
    yield (
        "contact-card",
        "message",
        media("text/vcard", MessageType="contacts"),
        {"kind": "contacts", "attachments": ["text-1.vcf"]},
    )
    yield (
        "media-without-type",
        "message",
        media("image/png", MediaContentType0=None),
        {"attachments": ["application-1.octet-stream"]},
    )
    yield "media-count-nonsense", "message", media("image/png", NumMedia="many"), {"attachments": []}
    yield (
        "media-count-999",
        "message",
        media("image/png", NumMedia="999"),
        {"attachments": ["image-1.png"] + [f"application-{n}.octet-stream" for n in range(2, 11)]},
    )
    place = post(Body="", MessageType="location", Latitude="52.52", Longitude="13.405")
    yield "location", "message", place, {"kind": "location", "text": "", "attachments": ["52.52, 13.405"]}
    named = [*place, ("Label", "Office"), ("Address", "Unter den Linden 1")]
    yield "location-with-name", "message", named, {"attachments": ["Office, Unter den Linden 1 (52.52, 13.405)"]}


def _senders() -> Iterator[tuple[str, str, Pairs, dict[str, Any]]]:
    yield _sender("sender-mexico-with-1", "whatsapp:+5215512345678", "+525512345678")
    yield _sender("sender-mexico-without-1", "whatsapp:+525512345678", "+525512345678")
    yield _sender("sender-brazil-without-9", "whatsapp:+553181234567", "+5531981234567")
    yield _sender("sender-brazil-with-9", "whatsapp:+5531981234567", "+5531981234567")
    yield _sender("sender-argentina-with-9", "whatsapp:+5491123456789", "+5491123456789")
    yield _sender("sender-argentina-without-9", "whatsapp:+541123456789", "+5491123456789")
    yield _sender("sender-number-in-no-plan", "whatsapp:+1234567890", "+1234567890")
    yield _sender("sender-user-id-instead-of-number", "whatsapp:US.13491208655302741918", "US.13491208655302741918")


def _statuses() -> Iterator[tuple[str, str, Pairs, dict[str, Any]]]:
    for state in ("queued", "sent", "delivered", "read"):
        yield f"status-{state}", "status", status(state), {"status": state, "error_code": None}
    failed = status("undelivered", ErrorCode="63016", ErrorMessage="outside the window")
    yield "status-outside-the-24-hours", "status", failed, {"status": "undelivered", "error_code": 63016}
    yield (
        "status-channel-rate",
        "status",
        status("failed", ErrorCode="63018"),
        {"status": "failed", "error_code": 63018},
    )
    yield "status-only-sms-status", "status", status(None, SmsStatus="sent"), {"status": "sent"}
    yield "status-error-code-nonsense", "status", status("failed", ErrorCode="x"), {"error_code": None}
    yield "status-unknown", "no-status", status("teleported"), {}
    yield "status-without-sid", "no-status", status("sent", MessageSid=None, SmsSid=None), {}


def _refused() -> Iterator[tuple[str, str, Pairs, dict[str, Any]]]:
    yield "nothing-at-all", "no-message", [], {}
    yield "no-sid", "no-message", post(MessageSid=None, SmsSid=None), {}
    yield "sid-with-spaces", "no-message", post(MessageSid="SM 1; DROP"), {}
    yield "no-sender", "no-message", post(From=None), {}
    yield "an-sms", "no-message", post(From="+447700900123"), {}
    yield "sender-no-number", "no-message", post(From="whatsapp:ann"), {}
    yield "our-own-number", "no-message", post(From=US), {}
    yield "status-sent-to-the-inbound-url", "no-message", status("sent"), {}
