"""Takes a channel's template off a text again: what was said, without greeting, signature and reference."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product

from db.records import ChannelConfig
from deployments.rules.formatting import TemplateNotUsableError, framed

# Words that no template contains and that a name may consist of; each stands for what it is replaced by.
_PLACES = {"Qbodyq": r"(.*)", "Qnameq": r"[^\n]{1,60}?", "Qticketq": r"TKT-[0-9]+", "Qlinkq": r"\S+"}
_BODY, _NAME, _TICKET, _LINK = _PLACES


def inside(config: ChannelConfig, text: str) -> str:
    """Return the body of a text that `formatting.render` or `framed` made with this template.

    A text that the template does not fit, since it was changed or there was none, stays whole.
    """
    fitting = (pattern.fullmatch(text) for pattern in _frames(config.response_template, tuple(config.facts.items())))
    bodies = [match[1].strip() for match in fitting if match]
    return min(bodies, key=len, default=text)


@lru_cache(maxsize=32)
def _frames(template: str, facts: tuple[tuple[str, str], ...]) -> tuple[re.Pattern[str], ...]:
    """Return the forms that the template takes: with and without a name and a link, first message or not."""
    config = ChannelConfig(
        channel="web_form",
        enabled=True,
        tone="",
        max_response_length=0,
        length_unit="words",
        response_template=template,
        facts=dict(facts),
    )
    forms = product((_NAME, ""), (_LINK, ""), (True, False))
    try:
        frames = {
            framed(config, body=_BODY, name=name, ticket=_TICKET, link=link, first=first) for name, link, first in forms
        }
    except TemplateNotUsableError:
        return ()
    return tuple(_pattern(frame) for frame in sorted(frames) if frame.count(_BODY) == 1)


def _pattern(frame: str) -> re.Pattern[str]:
    pattern = re.escape(frame)
    for place, meaning in _PLACES.items():
        pattern = pattern.replace(place, meaning)
    return re.compile(pattern, re.DOTALL)
