"""Issue 12: who hides their number later, or shows it, stays the same customer."""

from __future__ import annotations

import pytest

from tests.fixtures.whatsapp_channel import EVE, Store
from tests.integration.whatsapp.test_channel_intake import accept, message

USER_ID = "US.13491208655302741918"


@pytest.mark.parametrize("shown_first", [True, False])
async def test_a_hidden_number_is_the_same_customer(store: Store, shown_first: bool) -> None:
    shown = message("First", alias=USER_ID)
    hidden = message("Second", identifier=USER_ID, join_key=f"whatsapp:{USER_ID}")
    for one in (shown, hidden) if shown_first else (hidden, shown):
        await accept(store, one)
    assert await store.value("SELECT count(*) FROM customers") == 1
    values = await store.rows("SELECT value FROM customer_identifiers WHERE tier > 0 ORDER BY value")
    assert {row["value"] for row in values} == {EVE, USER_ID}
