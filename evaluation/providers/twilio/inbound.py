"""The forms that Twilio posts: a customer's WhatsApp message, and a status callback."""

from __future__ import annotations

import json

from evaluation.providers.twilio.messages import API_VERSION, Message

_CHANNEL_INSTALL = "XE" + "7" * 32


def inbound_form(message: Message, *, name: str, media_base: str) -> dict[str, str]:
    """Return the parameters of an incoming WhatsApp message; media are URLs under `media_base`."""
    number = message.sender.removeprefix("whatsapp:+")
    form = {
        "SmsMessageSid": message.sid,
        "NumMedia": str(message.num_media),
        "ProfileName": name,
        "MessageType": message.media[0][0].partition("/")[0] if message.media else "text",
        "SmsSid": message.sid,
        "WaId": number,
        "SmsStatus": "received",
        "Body": message.body,
        "To": message.to,
        "NumSegments": "1",
        "ReferralNumMedia": "0",
        "MessageSid": message.sid,
        "AccountSid": message.account_sid,
        "From": message.sender,
        "ApiVersion": API_VERSION,
        "ChannelMetadata": json.dumps({"type": "whatsapp", "data": {"context": {"ProfileName": name, "WaId": number}}}),
    }
    base = f"{media_base}/{API_VERSION}/Accounts/{message.account_sid}/Messages/{message.sid}/Media"
    for n, (content_type, _) in enumerate(message.media):
        form[f"MediaContentType{n}"] = content_type
        form[f"MediaUrl{n}"] = f"{base}/ME{n:032x}"
    return form


def status_form(message: Message) -> dict[str, str]:
    """Return the parameters of a status callback with the present status."""
    form = {
        "ChannelPrefix": "whatsapp",
        "ApiVersion": API_VERSION,
        "MessageStatus": message.status,
        "SmsSid": message.sid,
        "SmsStatus": message.status,
        "ChannelInstallSid": _CHANNEL_INSTALL,
        "To": message.to,
        "From": message.sender,
        "MessageSid": message.sid,
        "StructuredMessage": "false",
        "AccountSid": message.account_sid,
        "ChannelToAddress": message.to.removeprefix("whatsapp:"),
    }
    if message.status in ("delivered", "read"):
        form["EventType"] = message.status.upper()
    if message.error_code:
        form["ErrorCode"] = str(message.error_code)
        form["ErrorMessage"] = form["ChannelStatusMessage"] = message.error_message or ""
    return form
