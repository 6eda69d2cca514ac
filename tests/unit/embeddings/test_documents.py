"""Files become sections: Markdown, HTML and PDF, and folders of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from embeddings import documents
from embeddings.chunker import SECTION_CHARACTERS, InvalidDocumentError
from embeddings.documents import read_source
from tests.fixtures.pdf import pdf

MARKDOWN = """# Returns

You can send back what you do not like.

## How long you have

Thirty days from the day of delivery.

```
# no heading, but a line of code
```

## Empty

### Who pays the parcel

We do.
"""
HTML = """<html><head><title>Our help</title><style>p { color: red }</style></head><body>
<nav><a href="/">Home</a> <a href="/jobs">Jobs</a></nav>
<main><h1>Delivery</h1><p>We deliver on weekdays.</p><h2>Islands</h2><ul><li>Two days more</li></ul></main>
<footer>Imprint</footer><script>alert(1)</script></body></html>"""


def titles(path: Path) -> list[tuple[str, str]]:
    return [(section.title, section.content) for section in read_source(path)]


def test_each_heading_with_a_text_is_a_section(tmp_path: Path) -> None:
    (tmp_path / "returns-policy.md").write_text(MARKDOWN, encoding="utf-8")
    found = read_source(tmp_path / "returns-policy.md")
    assert [section.title for section in found] == ["Returns", "How long you have", "Who pays the parcel"]
    assert "# no heading, but a line of code" in found[1].content
    assert {section.category for section in found} == {"returns_policy"}
    assert found[0].slug == "returns-policy--returns"


def test_a_text_without_a_heading_is_called_as_its_file(tmp_path: Path) -> None:
    (tmp_path / "opening_hours.md").write_text("We are here on weekdays.", encoding="utf-8")
    assert titles(tmp_path / "opening_hours.md") == [("Opening hours", "We are here on weekdays.")]


def test_a_long_section_becomes_several_of_one_title(tmp_path: Path) -> None:
    sentences = " ".join(f"Sentence number {n} says a little." for n in range(80))
    (tmp_path / "long.md").write_text(f"# Long\n\n{sentences}", encoding="utf-8")
    found = read_source(tmp_path / "long.md")
    assert [section.slug for section in found] == ["long--long", "long--long-2", "long--long-3"]
    assert max(len(section.content) for section in found) <= SECTION_CHARACTERS
    assert " ".join(section.content for section in found) == sentences


def test_of_a_page_only_its_text_is_read(tmp_path: Path) -> None:
    (tmp_path / "delivery.html").write_text(HTML, encoding="utf-8")
    found = titles(tmp_path / "delivery.html")
    assert [title for title, _ in found] == ["Delivery", "Islands"]
    text = " ".join(content for _, content in found)
    assert "We deliver on weekdays." in text
    assert "Two days more" in text
    assert [word for word in ("Jobs", "Imprint", "alert", "color") if word in text] == []


def test_larger_lines_of_a_pdf_are_its_headings(tmp_path: Path) -> None:
    first = [("Boiler guide", 24), ("Read this before the first start.", 11), ("Bleed the radiators", 16)]
    rest = [("Open the valve until water comes.", 11), ("Close it again.", 11)]
    (tmp_path / "boiler.pdf").write_bytes(pdf([*first, *rest], [("Reset an error", 16), ("Hold the key for 5 s.", 11)]))
    assert [(title, " ".join(text.split())) for title, text in titles(tmp_path / "boiler.pdf")] == [
        ("Boiler guide", "Read this before the first start."),
        ("Bleed the radiators", "Open the valve until water comes. Close it again."),
        ("Reset an error", "Hold the key for 5 s."),
    ]


def test_a_folder_is_all_its_readable_files(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.md").write_text("One.", encoding="utf-8")
    (tmp_path / "deep" / "b.html").write_text("<p>Two.</p>", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not read", encoding="utf-8")
    assert [content for _, content in titles(tmp_path)] == ["One.", "Two."]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("scan.pdf", pdf([]), "has no text"),
        ("broken.pdf", b"%PDF-1.4\nnothing of one", "no PDF that can be read"),
        ("empty.md", b"# Title only\n", "no text found"),
        ("latin.md", "Grüße".encode("latin-1"), "can't be read"),
        ("sheet.xlsx", b"x", "expected a file that ends in"),
    ],
)
def test_what_can_t_be_read_is_named_with_its_reason(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidDocumentError, match=said) as caught:
        read_source(tmp_path / name)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_files_of_one_name_and_heading_are_refused(tmp_path: Path) -> None:
    for folder in ("uk", "us"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "returns.md").write_text(f"# Returns\n\nSend it to the {folder}.", encoding="utf-8")
    with pytest.raises(InvalidDocumentError, match="rename one"):
        read_source(tmp_path)


def test_a_folder_without_documents_is_no_source(tmp_path: Path) -> None:
    with pytest.raises(InvalidDocumentError, match="no file that ends in"):
        read_source(tmp_path)


def test_a_file_beyond_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "LARGEST", 10)
    (tmp_path / "big.md").write_text("More than ten.", encoding="utf-8")
    with pytest.raises(InvalidDocumentError, match="split it"):
        read_source(tmp_path / "big.md")
