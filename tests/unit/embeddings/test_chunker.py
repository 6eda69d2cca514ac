"""D4: how product-docs.md becomes sections."""

from __future__ import annotations

import pytest

from embeddings.chunker import SECTION_CHARACTERS, InvalidDocumentError, Section, parse_docs, slugify
from embeddings.encoder import model_files
from embeddings.text_model import MAX_TOKENS

SMALL = """# Help

An introduction for people.

## Getting started

### Create an account

Open the page.

Choose Sign up.

### Invite your team

```
### not a heading
## neither
```

## API

### Rate limits

600 requests a minute.
"""


def test_d4_topics_become_sections_of_their_area() -> None:
    first, second, third = parse_docs(SMALL, "help.md")
    assert first == Section(
        title="Create an account",
        category="getting_started",
        content="Open the page.\n\nChoose Sign up.",
        source="help.md",
        slug="create-an-account",
    )
    assert "### not a heading" in second.content
    assert (third.category, third.title) == ("api", "Rate limits")


def test_d4_the_shipped_document_covers_the_six_areas(sections: list[Section]) -> None:
    assert len(sections) >= 60
    assert len({section.category for section in sections}) == 6
    assert len({section.slug for section in sections}) == len(sections)


def test_d4_every_shipped_section_fits_the_encoder(sections: list[Section]) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(model_files("minilm-l6-v2-int8-2").tokenizer))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    lengths = [len(tokenizer.encode(f"{section.title}. {section.content}").ids) for section in sections]
    assert max(lengths) <= MAX_TOKENS


def test_a_long_topic_becomes_several_sections_and_loses_no_word() -> None:
    sentences = [f"Sentence number {number} says something about the export of data." for number in range(80)]
    body = " ".join(sentences[:60]) + "\n\n" + " ".join(sentences[60:])
    parts = parse_docs(f"## Features\n\n### Export\n\n{body}\n")
    assert len(parts) > 1
    assert all(len(part.content) <= SECTION_CHARACTERS for part in parts)
    assert " ".join(" ".join(part.content for part in parts).split()) == " ".join(body.split())
    assert [part.slug for part in parts[:2]] == ["export", "export-2"]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("", "no topic"),
        ("## Area\n\nonly prose\n", "no topic"),
        ("### Topic\n\ntext\n", "outside an area"),
        ("## Area\n\n### Topic\n\n### Next\n\ntext\n", "has no text"),
        ("## Area\n\n### Topic\n\na\n\n### Topic\n\nb\n", "'topic'"),
    ],
)
def test_a_document_that_makes_no_sense_is_refused_with_the_place(document: str, words: str) -> None:
    with pytest.raises(InvalidDocumentError, match=words):
        parse_docs(document, "x.md")


def test_slugs_are_plain_letters() -> None:
    assert slugify("Set up single sign-on (SSO)") == "set-up-single-sign-on-sso"
    assert slugify("Über Café — naïve") == "uber-cafe-naive"
