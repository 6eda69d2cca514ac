"""Tells whether a WhatsApp message is a mark: the answer to "Was that any help?"."""

from __future__ import annotations

from ingest.whatsapp.message import ParsedMessage

GOOD = frozenset({"1", "1️⃣", "yes", "y", "ja", "oui", "sí", "si", "نعم", "👍"})
BAD = frozenset({"2", "2️⃣", "no", "n", "nein", "non", "لا", "👎"})
_AROUND = " \t\n.!,؛،"
_LONGEST = 12
_SKIN = dict.fromkeys(range(0x1F3FB, 0x1F400))
"""The tones of a thumb's skin, which say nothing."""


def mark_of(message: ParsedMessage) -> bool | None:
    """Return True for a good mark, False for a bad one, None for a message that says more, or something else."""
    if message.attachments or message.kind not in ("text", "button") or len(message.text) > _LONGEST:
        return None
    word = message.text.casefold().strip(_AROUND)
    word = word.translate(_SKIN)
    return True if word in GOOD else False if word in BAD else None
