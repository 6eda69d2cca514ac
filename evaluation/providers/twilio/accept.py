"""Twilio's checks before it accepts a message."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from evaluation.providers.twilio.customers import E164, Customers
from evaluation.providers.twilio.errors import TwilioRefusal
from evaluation.providers.twilio.options import TwilioOptions

BODY_LIMIT = 1600
_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A checked request to send. `template` is the ContentSid; None for free text."""

    to: str
    body: str
    template: str | None
    media_urls: tuple[str, ...]
    status_callback: str | None

    @property
    def number(self) -> str:
        """The recipient in E.164."""
        return self.to.removeprefix("whatsapp:")


def accept(form: Mapping[str, Sequence[str]], options: TwilioOptions, customers: Customers) -> Accepted:
    """Check the form of `POST Messages.json`. Raises TwilioRefusal with Twilio's code."""
    to, media = _first(form, "To"), tuple(form.get("MediaUrl", ()))
    _check_addresses(_first(form, "From"), to, options)
    _check_recipient(to, options, customers)
    template = _first(form, "ContentSid") or None
    body = _rendered(template, _first(form, "ContentVariables"), options) if template else _first(form, "Body")
    if not body and not media:
        raise TwilioRefusal(21619)
    if twilio_length(body) > BODY_LIMIT:
        raise TwilioRefusal(options.too_long_code)
    return Accepted(to=to, body=body, template=template, media_urls=media, status_callback=_callback(form))


def twilio_length(body: str) -> int:
    """Count characters as Twilio does: UTF-16 code units, so most emoji are two."""
    return len(body.encode("utf-16-le")) // 2


def _check_addresses(sender: str, to: str, options: TwilioOptions) -> None:
    if not to:
        raise TwilioRefusal(21604)
    if not sender:
        raise TwilioRefusal(21603)
    if to.startswith("whatsapp:") != sender.startswith("whatsapp:"):
        raise TwilioRefusal(21910)
    if sender != options.sender:
        raise TwilioRefusal(63007)


def _check_recipient(to: str, options: TwilioOptions, customers: Customers) -> None:
    number = to.removeprefix("whatsapp:")
    if number == to or not E164.fullmatch(number):
        raise TwilioRefusal(21211, to)
    if number.startswith(options.blocked_prefixes):
        raise TwilioRefusal(21408, number)
    if customers.get(number).unsubscribed:
        raise TwilioRefusal(21610)


def _rendered(template: str, variables: str, options: TwilioOptions) -> str:
    if template not in options.templates:
        raise TwilioRefusal(21655, template)
    try:
        values = json.loads(variables or "{}")
    except ValueError:
        raise TwilioRefusal(21656) from None
    text = options.templates[template]
    named = set(_PLACEHOLDER.findall(text))
    if not isinstance(values, dict) or not named <= set(values) or not all(str(values[name]).strip() for name in named):
        raise TwilioRefusal(21656)
    return _PLACEHOLDER.sub(lambda match: str(values[match[1]]), text)


def _callback(form: Mapping[str, Sequence[str]]) -> str | None:
    url = _first(form, "StatusCallback")
    if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
        raise TwilioRefusal(21609, url)
    return url or None


def _first(form: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(form.get(name, ())), "")
