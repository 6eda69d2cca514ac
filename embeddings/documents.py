"""Reads files of the knowledge base into sections: Markdown, HTML pages and PDF, or a folder of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from html_to_markdown import convert
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from selectolax.lexbor import LexborHTMLParser

from embeddings.chunker import InvalidDocumentError, Section, parse_page

SUFFIXES = (".md", ".markdown", ".html", ".htm", ".pdf")
LARGEST = 20_000_000
"""Bytes of a file."""
MOST_PAGES = 2_000
HEADING_SIZE = 1.15
"""A line of a PDF is a heading from this multiple of the commonest letter size on."""
HEADING_CHARACTERS = 90
_BESIDE = "script, style, noscript, template, nav, header, footer, aside, form, iframe, svg"
"""What of a page is no part of its text."""


def read_source(path: Path) -> list[Section]:
    """Return the sections of a file, or of all readable files below a folder. Raises InvalidDocumentError."""
    files = sorted(_files(path)) if path.is_dir() else [path]
    if not files:
        raise InvalidDocumentError(f"{path}: no file that ends in {', '.join(SUFFIXES)}")
    sections = [section for file in files for section in _read(file)]
    seen = Counter(section.slug for section in sections)
    for section in sections:
        if seen[section.slug] > 1:
            raise InvalidDocumentError(
                f"{section.source}: {section.title!r} stands in another file of a like name too; rename one"
            )
    return sections


def _files(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.is_file() and file.suffix.lower() in SUFFIXES)


def _read(file: Path) -> Sequence[Section]:
    suffix = file.suffix.lower()
    if suffix not in SUFFIXES:
        raise InvalidDocumentError(f"{file}: expected a file that ends in {', '.join(SUFFIXES)}")
    try:
        if file.stat().st_size > LARGEST:
            raise InvalidDocumentError(f"{file}: larger than {LARGEST:,} bytes; split it")
        if suffix == ".pdf":
            return parse_page(_pdf_markdown(file), source=file.name, title=_title(file))
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidDocumentError(f"{file} can't be read: {error}") from None
    if suffix in (".html", ".htm"):
        title, markdown = _page_markdown(text)
        return parse_page(markdown, source=file.name, title=title or _title(file))
    return parse_page(text, source=file.name, title=_title(file))


def _title(file: Path) -> str:
    return re.sub(r"[-_]+", " ", file.stem).strip().capitalize()


def _page_markdown(html: str) -> tuple[str, str]:
    """Return a page's title and its text as Markdown, without what stands beside the text."""
    tree = LexborHTMLParser(html)
    named = tree.css_first("h1") or tree.css_first("title")
    title = " ".join(named.text().split()) if named else ""
    for node in tree.css(_BESIDE):
        node.decompose()
    body = tree.css_first("main") or tree.css_first("article") or tree.body
    return title, str(convert(body.html or "").content or "") if body else ""


def _pdf_markdown(file: Path) -> str:
    """Return a PDF's text as Markdown: lines in larger letters are headings. Raises InvalidDocumentError."""
    try:
        reader = PdfReader(file)
        if reader.is_encrypted and not reader.decrypt(""):
            raise InvalidDocumentError(f"{file}: is protected by a password; save it without one")
        if len(reader.pages) > MOST_PAGES:
            raise InvalidDocumentError(f"{file}: has more than {MOST_PAGES:,} pages; split it")
        lines = [line for page in reader.pages for line in _lines(page)]
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidDocumentError(f"{file}: is no PDF that can be read ({error})") from None
    if not lines:
        raise InvalidDocumentError(f"{file}: has no text, it is a picture of one; recognise its text first (OCR)")
    return _with_headings(lines)


def _lines(page: Any) -> list[tuple[str, float]]:
    """Return the lines of a page with the size of their letters, in points."""
    found: list[tuple[str, float]] = []

    def visit(text: str, _cm: Any, matrix: Sequence[float], _font: Any, size: float) -> None:
        tall = abs(size * matrix[3]) or size
        for part in text.splitlines(keepends=True):
            if found and not found[-1][0].endswith("\n"):
                found[-1] = (found[-1][0] + part, max(found[-1][1], tall) if part.strip() else found[-1][1])
            else:
                found.append((part, tall))

    page.extract_text(visitor_text=visit)
    return [(" ".join(text.split()), round(size, 1)) for text, size in found if text.strip()]


def _with_headings(lines: Sequence[tuple[str, float]]) -> str:
    letters: Counter[float] = Counter()
    for text, size in lines:
        letters[size] += len(text)
    common = letters.most_common(1)[0][0]
    marked = [
        f"\n## {text}\n" if size >= common * HEADING_SIZE and len(text) <= HEADING_CHARACTERS else text
        for text, size in lines
    ]
    return "\n".join(marked)
