"""Form: templates, limits with their units, names, plain text, WhatsApp parts (R1-R4, R10)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.records import ChannelConfig
from deployments.rules.formatting import (
    TemplateNotUsableError,
    clean_name,
    measure,
    plain,
    render,
    sentences,
    shorten,
    split_whatsapp,
)

MAIL = 'Dear {{ name or "Customer" }},\n\n{{ body }}\n\nKind regards,\nTechCorp Support\nTicket reference: {{ ticket }}'
BODY = "Open the sign-in page. Choose Forgot password. " * 200


def config(template: str = MAIL, limit: int = 500, unit: str = "words") -> ChannelConfig:
    return ChannelConfig(
        channel="email",
        enabled=True,
        tone="formal",
        max_response_length=limit,
        length_unit=unit,  # type: ignore[arg-type]
        response_template=template,
    )


def test_r1_mail_has_greeting_signature_and_reference() -> None:
    text = render(config(), body="Open the page.", name="Anna Lindgren", ticket="TKT-0042", link="")
    assert text == (
        "Dear Anna Lindgren,\n\nOpen the page.\n\nKind regards,\nTechCorp Support\nTicket reference: TKT-0042"
    )
    assert render(config(), body="x", name="", ticket="T", link="").startswith("Dear Customer,")


@pytest.mark.parametrize(("limit", "unit"), [(500, "words"), (300, "words"), (1600, "characters"), (300, "characters")])
def test_r3_limit_holds_for_the_whole_text_and_ends_with_a_sentence(limit: int, unit: str) -> None:
    text = render(config(limit=limit, unit=unit), body=BODY, name="Anna", ticket="TKT-0042", link="")
    assert measure(text, unit) <= limit  # type: ignore[arg-type]
    assert "password.\n\nKind regards" in text or "page.\n\nKind regards" in text


def test_r4_a_limit_smaller_than_the_frame_counts_the_body() -> None:
    text = render(config(limit=8), body=BODY, name="Anna", ticket="TKT-0042", link="")
    assert "Open the sign-in page. Choose Forgot password.\n" in text


@pytest.mark.parametrize("template", ["{{ nobody }}", "{% for %}", "{{ body.__class__.__mro__ }}", "{{ 1 / 0 }}"])
def test_r4_a_template_that_cannot_be_used_says_so(template: str) -> None:
    with pytest.raises(TemplateNotUsableError):
        render(config(template), body="x", name="", ticket="T", link="")


def test_r10_the_body_is_no_template() -> None:
    text = render(config("{{ body }}"), body="{{ 7 * 7 }} {% raw %}", name="", ticket="T", link="")
    assert text == "{{ 7 * 7 }} {% raw %}"


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("Anna Lindgren", "Anna Lindgren"),
        ("O'Neil-Łukasz 王小明", "O'Neil-Łukasz 王小明"),
        ("J.R. Smith", "J.R. Smith"),
        ("Anna\r\nBcc: eve@evil.example", "Anna Bcc"),
        ("<b>Bob</b>", "Bob"),
        ("Win at https://evil.example/x now", "Win at now"),
        ("evil.example", "evil example"),
        ("[click](http://evil.example)", ""),
        ("{{ 7*7 }}", ""),
        ("12345", ""),
        ("\u202eAnna\x00", "Anna"),
        ("", ""),
    ],
)
def test_r10_names(name: str, clean: str) -> None:
    assert clean_name(name) == clean


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_r10_no_name_breaks_a_line_or_makes_a_link(name: str) -> None:
    clean = clean_name(name)
    assert len(clean) <= 60
    assert clean == " ".join(clean.split())
    assert not set(clean) & set("<>[]{}()@/:\\*_`|0123456789\r\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Title\n**bold** and *it* `code`", "Title\nbold and it code"),
        ("* one\n* two", "- one\n- two"),
        ("[here](https://x.example/a)", "here (https://x.example/a)"),
        ("<script>alert(1)</script>ok", "alert(1)ok"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("Settings > Members, a < b", "Settings > Members, a < b"),
        ("```\ncode\n```", "code"),
        ("a\x00b\u200bc", "abc"),
    ],
)
def test_r10_plain(text: str, expected: str) -> None:
    assert plain(text) == expected


def test_sentences_keep_every_character_and_do_not_cut_words() -> None:
    text = "Dates look like DD.MM.YYYY here. See app.techcorp.com, e.g. today.  Next!"
    assert "".join(sentences(text)) == text
    assert sentences(text)[0] == "Dates look like DD.MM.YYYY here. "


def test_shorten_cuts_a_giant_sentence_after_a_word() -> None:
    assert shorten("alpha beta gamma delta", 12, "characters") == "alpha beta…"
    assert shorten("alpha beta gamma delta", 2, "words") == "alpha beta…"
    assert shorten("x" * 50, 10, "characters") == "x" * 9 + "…"


@given(st.text(alphabet="ab .!?\n", max_size=400), st.integers(min_value=5, max_value=80))
@settings(max_examples=200, deadline=None)
def test_r2_whatsapp_parts_fit_and_lose_nothing(text: str, limit: int) -> None:
    parts = split_whatsapp(text, limit)
    assert all(0 < len(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_r2_whatsapp_is_cut_between_sentences() -> None:
    parts = split_whatsapp("One sentence here. " * 200)
    assert all(part.endswith("here.") and len(part) <= 1600 for part in parts)
    assert len(parts) == 3


@given(st.text(max_size=500), st.sampled_from(["words", "characters"]), st.integers(min_value=1, max_value=60))
@settings(max_examples=300, deadline=None)
def test_shorten_never_exceeds_the_limit(text: str, unit: str, limit: int) -> None:
    assert measure(shorten(text, limit, unit), unit) <= max(limit, measure("…", unit))  # type: ignore[arg-type]
