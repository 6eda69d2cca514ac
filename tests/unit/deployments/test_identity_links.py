"""I2, I4: the tokens of one-time links, and how alike two names are."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.pool import Pool
from deployments.identity.links import IdentityLinks, LinkKey
from deployments.identity.name_similarity import similarity

NO_STORE = cast(Pool, None)
LINKS = IdentityLinks(pool=NO_STORE, secret_key="one", public_base_url="http://127.0.0.1")
OTHER = IdentityLinks(pool=NO_STORE, secret_key="two", public_base_url="http://127.0.0.1")
SIDES: Any = st.sampled_from(["email", "number"])


@given(link_id=st.uuids(), side=SIDES)
def test_i2_a_token_opens_its_own_side_under_its_own_key(link_id: UUID, side: Any) -> None:
    key = LinkKey(link_id=link_id, side=side)
    token = LINKS.token(key)
    assert LINKS.read_token(token) == key
    assert OTHER.read_token(token) is None
    swapped = token.replace(".email.", ".number.") if side == "email" else token.replace(".number.", ".email.")
    assert LINKS.read_token(swapped) is None


def test_x3_a_link_of_a_key_that_was_replaced_still_opens_and_new_ones_are_of_the_new_key() -> None:
    key = LinkKey(link_id=UUID(int=7), side="email")
    rotated = IdentityLinks(
        pool=NO_STORE, secret_key="two", previous_keys=["nought", "one"], public_base_url="http://127.0.0.1"
    )
    assert rotated.read_token(LINKS.token(key)) == key
    assert rotated.token(key) == OTHER.token(key)


@given(at=st.integers(min_value=0, max_value=70), letter=st.characters(codec="ascii"))
def test_i2_a_token_with_one_letter_changed_opens_nothing(at: int, letter: str) -> None:
    key = LinkKey(link_id=UUID(int=7), side="email")
    token = LINKS.token(key)
    changed = token[:at] + letter + token[at + 1 :]
    if changed != token:
        assert LINKS.read_token(changed) is None


@given(st.text())
def test_i2_nonsense_is_no_token(text: str) -> None:
    assert LINKS.read_token(text) is None


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("Ann Lee", "Lee, Ann", 100, 100),
        ("Ann-Lee Müller", "Muller, Ann Lee", 80, 99),
        ("Ann Lee", "Boris Petrov", 0, 50),
    ],
)
def test_i4_names_are_a_hint(one: str, other: str, least: int, most: int) -> None:
    found = similarity(one, other)
    assert found is not None
    assert least <= found <= most
    assert similarity(one, " ") is None
