"""What was said, taken out of the channel's template again: what the status page shows in a bubble."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from db.records import Channel, ChannelConfig
from deployments.rules.formatting import framed, render
from deployments.rules.frame import inside

SEED = (Path(__file__).parents[3] / "db/migrations/0003_channel_seed.sql").read_text(encoding="utf-8")
BODY = "Open the sign-in page.\n\nHello there,\n\nthat is all: https://help.example/x"


def shipped(channel: Channel) -> ChannelConfig:
    (template,) = re.findall(rf"\('{channel}', '[a-z-]+', \d+, '[a-z]+',\s+E'(.*?)'\)", SEED)
    return ChannelConfig(
        channel=channel,
        enabled=True,
        tone="",
        max_response_length=300,
        length_unit="words",
        response_template=template.replace("\\n", "\n"),
        facts={"company": "Acme"},
    )


@pytest.mark.parametrize("channel", ["email", "whatsapp", "web_form"])
@pytest.mark.parametrize("name", ["Ada Byron", "", "Zoë O’Neil"])
@pytest.mark.parametrize("link", ["https://acme.example/status#TKT-0042:abc", ""])
def test_a_framed_text_gives_its_body_back(channel: Channel, name: str, link: str) -> None:
    config = shipped(channel)
    text = render(config, body=BODY, name=name, ticket="TKT-0042", link=link, first=True)
    assert (channel == "whatsapp") == (text == BODY)
    assert inside(config, text) == BODY


def test_a_text_under_a_template_that_has_changed_since_stays_whole() -> None:
    config = shipped("web_form")
    text = framed(config, body=BODY, name="Ada", ticket="TKT-0042", link="https://a.example/s", first=True)
    assert inside(replace(config, response_template="Hi!\n{{ body }}\nBye."), text) == text
    assert inside(replace(config, response_template="{{ nobody }}"), text) == text
    assert inside(config, "No frame at all") == "No frame at all"
