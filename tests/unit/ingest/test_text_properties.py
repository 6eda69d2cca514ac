"""T-Z2: texts, charsets, quotes and HTML: nothing raises, nothing unstorable comes out, nothing is invented."""

from __future__ import annotations

import html
import string
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from ingest.mail.html.html_text import html_to_text
from ingest.mail.parts.charsets import decode, decode_words
from ingest.mail.quoting.quotes import own_text
from ingest.text import clean, one_line
from tests.unit.ingest.strategies import anything, prose, relaxed, storable


@relaxed
@given(anything)
@example("a" + "\u0315\u0300" * 50)
def test_t_z2_cleaning_twice_changes_nothing(text: str) -> None:
    cleaned = clean(text)
    storable(cleaned)
    assert clean(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in cleaned)


@relaxed
@given(anything, st.integers(1, 300))
def test_t_z2_one_line_is_one_line(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1


@relaxed
@given(st.binary(max_size=300), st.one_of(st.none(), anything, st.sampled_from(["utf-8", "gb2312", "utf-7", "hz"])))
def test_t_z2_any_bytes_in_any_charset_are_some_text(raw: bytes, charset: str | None) -> None:
    storable(clean(decode(raw, charset)))


@relaxed
@given(st.one_of(anything, st.from_regex(r"(=\?[\w-]{1,10}\?[QqBb]\?[!-~]{0,30}\?= ?){1,4}")))
def test_t_z2_any_header_value_is_some_text(value: str) -> None:
    storable(clean(decode_words(value)))


_LINES = st.sampled_from(
    [
        "> quoted",
        ">",
        ">> deeper",
        "",
        "-- ",
        "Kind regards,",
        "Sent from my iPhone",
        "Ann",
        "From: Ann <ann@x.example>",
        "Sent: Sunday, 22 November 2026",
        "To: us",
        "Subject: x",
        "On 22 Nov 2026, Ann <ann@x.example> wrote:",
        "-----Original Message-----",
        "---------- Forwarded message ---------",
        "This e-mail is confidential",
        "Am 22.11.26:",
        "________________________________",
        "Le 22 nov. 2026 à 10:15, Ann a écrit :",
        "* point",
        "A question?",
    ]
)


@relaxed
@given(st.lists(st.one_of(_LINES, anything), max_size=30), anything, st.booleans())
def test_t_z2_own_words_invent_nothing(lines: list[str], subject: str, is_reply: bool) -> None:
    text = clean("\n".join(lines))
    own = own_text(text, subject=subject, is_reply=is_reply)
    storable(own)
    assert {line.strip() for line in own.split("\n")} <= {line.strip() for line in text.split("\n")} | {""}


@relaxed
@given(
    prose,
    st.sampled_from(
        [
            "On Sun, 22 Nov 2026 at 10:15, TechCorp <s@techcorp.example> wrote:",
            "Am 22.11.2026 um 10:15 schrieb TechCorp <s@techcorp.example>:",
            "Le 22 nov. 2026 à 10:15, TechCorp <s@techcorp.example> a écrit :",
        ]
    ),
    prose,
)
def test_t_z2_words_above_a_quote_are_kept_and_the_quote_is_not(own: str, header: str, quoted: str) -> None:
    own = clean(f"How {own} now?")
    text = clean(f"{own}\n\n{header}\n\n> {quoted}\n> and more")
    assert own_text(text, is_reply=True) == own


@relaxed
@given(prose)
def test_t_z2_a_plain_mail_loses_nothing(text: str) -> None:
    written = clean(f"Dear team, {text} can you help?")
    assert own_text(written) == written


_MARKUP = st.lists(
    st.one_of(
        anything,
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<div class=gmail_quote>",
                "<blockquote type=cite>",
                "</blockquote>",
                "<br>",
                "<td>",
                "<table>",
                "<script>",
                "</script>",
                "<!--",
                "-->",
                "<a href='x'>",
                "&lt;",
                "&#0;",
                "&#xD800;",
                "<b",
                "<![CDATA[",
                "<svg>",
                "<style>",
                "<textarea>",
                "</div>",
                "\x00",
                "<blockquote class=gmail_quote>",
            ]
        ),
    ),
    max_size=40,
).map("".join)


@relaxed
@given(_MARKUP, st.booleans())
def test_t_z2_any_html_is_some_text(markup: str, keep_quotes: bool) -> None:
    storable(clean(html_to_text(markup, keep_quotes=keep_quotes)))


@relaxed
@given(st.text(string.ascii_letters + string.digits + " <>&\"'*_#`[]()", max_size=200))
def test_t_z2_escaped_text_comes_out_as_it_was(text: str) -> None:
    assert html_to_text(f"<p>{html.escape(text)}</p>").split() == text.split()


@relaxed
@given(prose, prose)
def test_t_z2_scripts_and_hidden_text_stay_out(seen: str, hidden: str) -> None:
    hidden = f"canary {hidden}"
    page = f"<script>{hidden}</script><p>{seen}</p><div style='display:none'>{hidden}</div><!-- {hidden} -->"
    assert "canary" not in html_to_text(page)
