"""Takes out of exported texts what leads to a customer: personal data, names, ticket numbers, links to tickets."""

from __future__ import annotations

import re
from collections.abc import Sequence

from db.records import Channel
from deployments.agent.checks.masking import Vault
from deployments.channels.traits import TRAITS

LONGEST = 8_000
"""Characters of a text, as much as the product reads of a message."""
_LINK = re.compile(r"/(?:status|rate|link)#[^\s<>\")\]]+")
_NUMBER = re.compile(r"\bTKT-\d{4,18}\b")


def question(channel: Channel, subject: str, text: str, names: Sequence[str]) -> str:
    """Return what a customer asked, as the product reads it: below the subject where the channel has one; scrubbed."""
    headed = subject.strip() if TRAITS[channel].has_subject else ""
    return scrubbed(f"{headed}\n{text}" if headed else text, names)


def scrubbed(text: str, names: Sequence[str]) -> str:
    """Return a text for training: at most LONGEST characters, nothing of a person in it, `names` neither."""
    without_links = _NUMBER.sub("[ticket]", _LINK.sub("/[link]", text[: 2 * LONGEST]))
    return Vault(names=_parts(names)).mask(without_links)[:LONGEST]


def _parts(names: Sequence[str]) -> tuple[str, ...]:
    """Return names whole and in parts, the longest first."""
    parts = {part for name in names for part in (name, *name.split())}
    return tuple(sorted(parts, key=len, reverse=True))
