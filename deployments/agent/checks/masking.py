"""Masks personal data in texts for a remote model and restores it in the model's texts where that is safe."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from deployments.agent.checks.personal_data import FINDERS, Finder

_PLACEHOLDER = re.compile(r"\[(?:EMAIL|PHONE|NAME|CARD|IBAN|SECRET|ID|BIRTH|IP)_\d+\]")
_INTRODUCED = re.compile(
    r"(?i:\bmy name is|\bmein name ist|\bme llamo|\bje m'appelle|\b(?:kind|best|warm)(?:est)? regards,?|\byours \w+,?)"
    r"\s+"
    r"(?P<name>[A-ZÀ-ÖØ-Þ][\w'’-]+(?: [A-ZÀ-ÖØ-Þ][\w'’-]+){0,2})"
)

_BY_NAME = ("[SECRET_", "[ID_", "[BIRTH_")

_NEVER_BACK: Mapping[str, str] = {
    "CARD": "your card number",
    "IBAN": "your bank account",
    "SECRET": "the secret you sent",
    "ID": "your personal number",
}
"""The text of a reply in place of data that is never repeated, not even to its owner."""


class Vault:
    """The placeholders of one turn: equal values get the same placeholder.

    `names` are strings known to be personal (the customer's name and its parts). They are matched as whole words and
    case-sensitively: "Page" may be a name, "page" is a word.
    """

    def __init__(self, *, names: tuple[str, ...] = ()) -> None:
        self._values: dict[str, str] = {}
        self._placeholders: dict[tuple[str, str], str] = {}
        words = [re.escape(name.strip()) for name in names if len(name.strip()) > 2]
        self._names = re.compile(rf"\b(?:{'|'.join(words)})\b") if words else None

    def mask(self, text: str) -> str:
        """Return `text` with placeholders in place of personal data."""
        for kind, find in FINDERS:
            text = self._replace(text, kind, find)
        text = self._replace(text, "NAME", lambda given: (m.span("name") for m in _INTRODUCED.finditer(given)))
        if self._names:
            text = self._names.sub(lambda m: self._placeholder("NAME", m.group()), text)
        for placeholder, value in self._values.items():  # values found by their context occur without it, too
            text = text.replace(value, placeholder) if placeholder.startswith(_BY_NAME) else text
        return text

    def mask_all(self, value: Any) -> Any:
        """Return a copy of a JSON-like value with its strings masked, except keys and values of _STRUCTURE."""
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, Mapping):
            return {key: item if key in _STRUCTURE else self.mask_all(item) for key, item in value.items()}
        return [self.mask_all(item) for item in value] if isinstance(value, list | tuple) else value

    def restore(self, text: str) -> str:
        """Return `text` with names and contact data restored, and a description in place of secrets."""
        return _PLACEHOLDER.sub(lambda match: self._restored(match.group()), text)

    def restore_json(self, text: str) -> str:
        """Like `restore`, for a JSON text: values are escaped."""
        return _PLACEHOLDER.sub(lambda match: json.dumps(self._restored(match.group()))[1:-1], text)

    def _restored(self, placeholder: str) -> str:
        kind = placeholder[1:].partition("_")[0]
        if kind in _NEVER_BACK:
            return _NEVER_BACK[kind]
        return self._values.get(placeholder, "")

    def _replace(self, text: str, kind: str, find: Finder) -> str:
        pieces, end = [], 0
        for start, stop in find(text):
            if start >= end:
                pieces += [text[end:start], self._placeholder(kind, text[start:stop])]
                end = stop
        return "".join(pieces) + text[end:]

    def _placeholder(self, kind: str, value: str) -> str:
        if (kind, value) not in self._placeholders:
            number = sum(known == kind for known, _ in self._placeholders) + 1
            placeholder = f"[{kind}_{number}]"
            self._placeholders[kind, value] = placeholder
            self._values[placeholder] = value
        return self._placeholders[kind, value]


_STRUCTURE = frozenset({"type", "role", "name", "call_id", "id", "status"})


def redact(text: str) -> str:
    """Return `text` for a log, with personal data replaced irreversibly."""
    return Vault().mask(text)
