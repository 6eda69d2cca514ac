"""T3, R1 to R4: which rules of its channel's form a reply breaks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from db.records import ChannelConfig
from deployments.rules.formatting import render
from evaluation.quality.form import broken_rules
from evaluation.quality.formatting import Written, group

NUMBER, LINK = "TKT-0042", "https://help.example/status#TKT-0042"
EMAIL = ChannelConfig(
    channel="email",
    enabled=True,
    tone="formal",
    max_response_length=500,
    length_unit="words",
    response_template='Dear {{ name or "Customer" }},\n\n{{ body }}\n\nKind regards,\nTicket reference: {{ ticket }}',
)
WHATSAPP = replace(
    EMAIL,
    channel="whatsapp",
    max_response_length=1600,
    length_unit="characters",
    response_template="{{ body }}{% if first and link %}\n\nTicket {{ ticket }}: {{ link }}{% endif %}",
)
BODY = "Open the board and choose Export."


def written(config: ChannelConfig, body: str = BODY, name: str = "Ann Lee") -> str:
    """What the product makes of a body."""
    return render(config, body=body, name=name, ticket=NUMBER, link=LINK, first=True)


@pytest.mark.parametrize("config", [EMAIL, WHATSAPP], ids=lambda config: config.channel)
@pytest.mark.parametrize("name", ["Ann Lee", ""])
@pytest.mark.parametrize("body", [BODY, f"{BODY} " * 200], ids=["short", "cut to the limit"])
def test_t3_what_the_product_renders_keeps_the_form(config: ChannelConfig, name: str, body: str) -> None:
    assert broken_rules(config, written(config, body, name), number=NUMBER) == []


@pytest.mark.parametrize(
    ("config", "text", "broken"),
    [
        (EMAIL, BODY, ["is not in the channel's template", "does not name TKT-0042"]),
        (EMAIL, written(EMAIL).replace("0042", "0043"), ["does not name TKT-0042"]),
        (EMAIL, written(EMAIL).replace(BODY, "word " * 600), ["has 608 words, 500 at most"]),
        (EMAIL, written(EMAIL).replace(BODY, ""), ["says nothing"]),
        (EMAIL, written(EMAIL).replace("Export", "**Export**"), ["has markup, which customers see as signs"]),
        (EMAIL, written(EMAIL).replace("Export", "{{ body }}"), ["has markup, which customers see as signs"]),
        (WHATSAPP, "<b>Export</b>", ["has markup, which customers see as signs"]),
        (WHATSAPP, "word " * 400, ["has 2000 characters, 1600 at most"]),
    ],
    ids=["bare", "another ticket", "too long", "empty", "Markdown", "a variable", "HTML", "too long for WhatsApp"],
)
def test_t3_each_broken_rule_is_named(config: ChannelConfig, text: str, broken: list[str]) -> None:
    assert broken_rules(config, text, number=NUMBER) == broken


def test_r4_a_template_that_takes_half_of_the_room_is_not_counted() -> None:
    narrow = replace(EMAIL, max_response_length=10)
    assert broken_rules(narrow, written(narrow), number=NUMBER) == []
    assert broken_rules(narrow, written(narrow).replace(BODY, "word " * 11), number=NUMBER) != []


def test_t3_a_reply_out_of_form_fails_the_scorecard() -> None:
    replies = [
        Written(sample=str(n), config=config, text=text, number=NUMBER)
        for n, (config, text) in enumerate([(EMAIL, written(EMAIL)), (EMAIL, BODY), (WHATSAPP, written(WHATSAPP))])
    ]
    found = group(replies)
    shares = {figure.name: (figure.measured, figure.of, figure.ok) for figure in found.figures}
    assert shares["replies in the form of email"] == (0.5, 2, False)
    assert shares["replies in the form of whatsapp"] == (1.0, 1, True)
    assert found.misses == ("email 1: is not in the channel's template, does not name TKT-0042",)
