"""Personal data is replaced by placeholders before a text goes to a remote model, and put back where that is safe."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import phonenumbers

_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")
_CARD = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.]?\d)")
_IBAN = re.compile(r"\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30}\b")
_SOCIAL = re.compile(r"\b(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}\b")
_ADDRESS_V4 = re.compile(r"\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b")
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_KEY = re.compile(
    r"\b(?:sk|pk|rk|tc|tck|whsec|xox[abprs])[-_](?:live[-_]|test[-_]|proj[-_])?[A-Za-z0-9_-]{12,}"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}\b|\bAKIA[A-Z0-9]{16}\b|\bAIza[\w-]{30,}"
    r"|\b(?=[A-Za-z0-9]*\d)(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{32,}\b"
)
_BEARER = re.compile(r"(?<=\bbearer )[\w.~+/=-]{8,}", re.IGNORECASE)
_PASSWORD = re.compile(
    r"(?i:\b(?:password|passwort|passphrase|passcode|pwd|pin|secret|token|api[ _-]?key)\b\s*(?:is|was|:|=)\s*)"
    r"[\"'“‘]?(?P<value>(?=\S*[\d!@#$%^&*_+=?-])[^\s\"'”’,;]{4,})"
)
_LOCAL_PHONE = re.compile(
    r"(?<![\w.-])\(?0\d[\d ()/.-]{6,16}\d(?![\w-])|(?<![\w.-])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\w-])"
)
_PLACEHOLDER = re.compile(r"\[(?:EMAIL|PHONE|NAME|CARD|IBAN|SECRET|SOCIAL|IP)_\d+\]")

_NEVER_BACK: Mapping[str, str] = {
    "CARD": "your card number",
    "IBAN": "your bank account",
    "SECRET": "the secret you sent",
    "SOCIAL": "your personal number",
}
"""What a reply says instead of data that is never repeated, not even to its owner."""


class Vault:
    """One turn's placeholders: the same value has the same placeholder wherever it stands.

    `names` are strings known to be personal (the customer's name and its parts), found where they stand as words in
    that spelling: "Page" may be a name, "page" is a word.
    """

    def __init__(self, *, names: tuple[str, ...] = ()) -> None:
        self._values: dict[str, str] = {}
        self._placeholders: dict[tuple[str, str], str] = {}
        words = [re.escape(name.strip()) for name in names if len(name.strip()) > 2]
        self._names = re.compile(rf"\b(?:{'|'.join(words)})\b") if words else None

    def mask(self, text: str) -> str:
        """Return `text` with placeholders for what must not leave."""
        for kind, find in _FINDERS:
            text = self._replace(text, kind, find)
        return self._names.sub(lambda m: self._placeholder("NAME", m.group()), text) if self._names else text

    def mask_all(self, value: Any) -> Any:
        """Return a copy of a JSON-like value with every string masked; keys and structure stay."""
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, Mapping):
            return {key: item if key in _STRUCTURE else self.mask_all(item) for key, item in value.items()}
        return [self.mask_all(item) for item in value] if isinstance(value, list | tuple) else value

    def restore(self, text: str) -> str:
        """Return `text` with the customer's own contact data back in place, and words instead of secrets."""
        return _PLACEHOLDER.sub(lambda match: self._restored(match.group()), text)

    def restore_json(self, text: str) -> str:
        """The same for a JSON text, where a value must stay a JSON string."""
        return _PLACEHOLDER.sub(lambda match: json.dumps(self._restored(match.group()))[1:-1], text)

    def _restored(self, placeholder: str) -> str:
        kind = placeholder[1:].partition("_")[0]
        if kind in _NEVER_BACK:
            return _NEVER_BACK[kind]
        return self._values.get(placeholder, "")

    def _replace(self, text: str, kind: str, find: Callable[[str], Iterator[tuple[int, int]]]) -> str:
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
    """Return `text` fit for a log: personal data replaced for good."""
    return Vault().mask(text)


def _spans(pattern: re.Pattern[str], accept: Callable[[str], bool] = bool, group: int | str = 0) -> Any:
    return lambda text: (match.span(group) for match in pattern.finditer(text) if accept(match.group(group)))


def _phones(text: str) -> Iterator[tuple[int, int]]:
    if sum(c.isdigit() for c in text) < 7:
        return
    found = [(m.start, m.end) for m in phonenumbers.PhoneNumberMatcher(text, None)] if "+" in text else []
    yield from sorted(found + [match.span() for match in _LOCAL_PHONE.finditer(text)])


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    for match in _IBAN.finditer(text):
        candidate = match.group()
        while candidate and not valid_iban(candidate):  # words that follow may look like further groups
            candidate = candidate.rpartition(" ")[0]
        if candidate:
            yield match.start(), match.start() + len(candidate)


def luhn(digits: str) -> bool:
    """Tell whether the digits carry a valid check digit (ISO/IEC 7812), as card numbers do."""
    numbers = [int(c) for c in reversed(digits) if c.isdigit()]
    doubled = (sum(divmod(2 * n, 10)) for n in numbers[1::2])
    return len(numbers) >= 13 and (sum(numbers[::2]) + sum(doubled)) % 10 == 0


def valid_iban(text: str) -> bool:
    """Tell whether an IBAN's check digits are right (ISO 13616, modulo 97)."""
    compact = text.replace(" ", "").upper()
    if not 15 <= len(compact) <= 34:
        return False
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


_FINDERS: tuple[tuple[str, Callable[[str], Iterator[tuple[int, int]]]], ...] = (
    ("SECRET", _spans(_PEM)),
    ("SECRET", _spans(_JWT)),
    ("SECRET", _spans(_KEY)),
    ("SECRET", _spans(_BEARER)),
    ("SECRET", _spans(_PASSWORD, group="value")),
    ("EMAIL", _spans(_EMAIL)),
    ("IBAN", _ibans),
    ("CARD", _spans(_CARD, luhn)),
    ("SOCIAL", _spans(_SOCIAL)),
    ("IP", _spans(_ADDRESS_V4)),
    ("PHONE", _phones),
)
