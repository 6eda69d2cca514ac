"""Whether a text that is sent keeps to the form of its channel (R1 to R4), as its row of `channel_configs` has it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from db.records import ChannelConfig
from deployments.rules.formatting import WHATSAPP_LIMIT, framed, measure, split_whatsapp, utf16_length
from deployments.rules.frame import inside

PREFERRED = 300
"""Characters of a WhatsApp message, where the answer allows it."""
_MARKUP = re.compile(r"</?[a-zA-Z][^<>\n]*>|\*\*\S|^ {0,3}#{1,6} |```|!?\[[^\]\n]{1,300}\]\(", re.MULTILINE)
_PLACE = re.compile(r"{{|}}|{%|%}")


def broken_rules(config: ChannelConfig, text: str, *, number: str, link: str = "", first: bool = False) -> list[str]:
    """Return the rules that a reply to the ticket `number` breaks; empty when it keeps all.

    `link`, `first`: what its template was filled with; where they are not known less is asked of the frame.
    """
    frame = framed(config, body="", name="", ticket=number, link=link, first=first)
    return list(_broken(config, text, number, frame))


def _broken(config: ChannelConfig, text: str, number: str, frame: str) -> Iterator[str]:
    body = inside(config, text)
    if not body.strip():
        yield "says nothing"
    if frame and body == text:
        yield "is not in the channel's template"
    if number in frame and number not in text:
        yield f"does not name {number}"
    # As the product reckons: a template that takes half of the room is not counted.
    counted = body if measure(frame, config.length_unit) > config.max_response_length / 2 else text
    if (length := measure(counted, config.length_unit)) > config.max_response_length:
        yield f"has {length} {config.length_unit}, {config.max_response_length} at most"
    if config.channel == "whatsapp" and any(utf16_length(part) > WHATSAPP_LIMIT for part in split_whatsapp(text)):
        yield f"has a message of more than {WHATSAPP_LIMIT} characters"
    if _MARKUP.search(text) or _PLACE.search(text):
        yield "has markup, which customers see as signs"
