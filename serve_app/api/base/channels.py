"""The refusal of what comes in by a channel that is switched off."""

from __future__ import annotations

from db.records import Channel
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError

NAMES: dict[Channel, str] = {"email": "Gmail", "whatsapp": "WhatsApp", "web_form": "The web form"}


async def refuse_when_off(deps: ApiDeps, channel: Channel, *, status: int = 403) -> None:
    """Raise ApiError CHANNEL_OFF with the reason while the channel is off; nothing is stored."""
    if reason := await deps.channels.why_off(channel):
        raise ApiError(status, f"{NAMES[channel]} is off: {reason}", code="CHANNEL_OFF")
