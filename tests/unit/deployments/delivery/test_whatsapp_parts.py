"""R2, T-Z2: pieces of a text never break Twilio's limit, and only white space is lost at their seams."""

from __future__ import annotations

import random
import re
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployments.channels.whatsapp.delivery_status import PartKey
from deployments.rules.formatting import WHATSAPP_LIMIT, split_whatsapp, utf16_length
from ingest.events import InvalidMessageError

SIGNS = [
    *"abcdefghij   ..!?\n\t",
    "😀",
    "e\u0301",
    "ü",
    "你",
    "。",
    "👩‍💻",
    "\u0301",
    "\u200d",
    "\u3000",
    "Dr. ",
    "v1.2",
]


def check(text: str, limit: int) -> None:
    pieces = split_whatsapp(text, limit)
    assert all(0 < utf16_length(piece) <= limit for piece in pieces)
    assert all(piece == piece.strip() for piece in pieces)
    rest = text
    for piece in pieces:
        rest = rest.lstrip()
        assert rest.startswith(piece)
        rest = rest[len(piece) :]
    assert not rest.strip()


def test_ten_thousand_random_texts_hold_the_limit() -> None:
    chance = random.Random(20260101)
    for _ in range(10_000):
        length = chance.choice([3, 40, 200, 800])
        check("".join(chance.choice(SIGNS) for _ in range(length)), chance.choice([2, 7, 20, 80, 160, WHATSAPP_LIMIT]))


@given(st.text(max_size=600), st.integers(min_value=2, max_value=90))
@settings(max_examples=1000, deadline=None)
def test_any_text_holds_the_limit(text: str, limit: int) -> None:
    check(text, limit)


@given(st.text(alphabet=st.characters(min_codepoint=0x10000, max_codepoint=0x1FAFF), min_size=1, max_size=3000))
@settings(max_examples=100, deadline=None)
def test_characters_of_two_utf16_units_hold_the_limit(text: str) -> None:
    check(text, WHATSAPP_LIMIT)


def test_a_text_that_fits_stays_whole() -> None:
    for text in ("Hi", "x" * 1600, "😀" * 800, "A sentence. " * 133 + "End."):
        assert split_whatsapp(text) == [text]
    assert len(split_whatsapp("x" * 1601)) == len(split_whatsapp("😀" * 801)) == 2


def test_it_is_cut_at_the_end_of_a_sentence() -> None:
    text = "Dr. Smith uses v1.2 of the app. It costs nothing! Does it work? " * 60
    pieces = split_whatsapp(text)
    assert len(pieces) == 3
    assert all(re.search(r"(app\.|nothing!|work\?)$", piece) for piece in pieces)


def test_a_sentence_that_is_too_long_is_cut_between_words() -> None:
    words = [f"word{n}" for n in range(500)]
    pieces = split_whatsapp(" ".join(words))
    assert [word for piece in pieces for word in piece.split()] == words


def test_a_combining_accent_is_not_split_from_its_letter() -> None:
    assert split_whatsapp("abcde\u0301fgh", 5) == ["abcd", "e\u0301fgh"]


def test_line_breaks_within_a_piece_stay() -> None:
    text = "First line.\nSecond line.\n\nA list:\n- one\n- two"
    assert split_whatsapp(text) == [text]


def test_a_parts_key_travels_in_a_url() -> None:
    key = PartKey(outbox_id=UUID(int=7), n=12)
    assert PartKey.parse(str(key)) == key
    assert re.fullmatch(r"[0-9a-f.-]+", str(key))


@pytest.mark.parametrize(
    "text", ["x", "", ".1", f"{UUID(int=7)}", f"{UUID(int=7)}.", f"{UUID(int=7)}.-1", "a.1", f"{UUID(int=7)}.²"]
)
def test_a_malformed_part_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidMessageError):
        PartKey.parse(text)
