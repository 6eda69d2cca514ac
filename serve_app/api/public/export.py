"""The exported pages of `web-form/`: found, read once, and filled with the company's facts.

`make web` builds them into `serve_app/web`, which the wheel carries. Inline scripts are allowed by their hashes only.
"""

from __future__ import annotations

import gzip
import html
import json
import mimetypes
import re
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from deployments.rules.company import Company
from ingest.form_files import EXTENSIONS, FileRules

FOLDER = Path(__file__).parents[2] / "web"
LANGUAGE = re.compile(r"[a-z]{2}")
NO_FILES = FileRules(most=0, largest=0, types=())
_INLINE_SCRIPT = re.compile(r"<script(?:\s+id=\"[^\"]*\")?>(.*?)</script>", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file as it is sent. `packed` is its gzip, b'' where that saves nothing."""

    body: bytes
    packed: bytes
    media_type: str

    @property
    def tag(self) -> str:
        """The ETag: weak, since packed and plain are one content."""
        return f'W/"{sha256(self.body).hexdigest()[:16]}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page in one language, and the `script-src` sources of its inline scripts."""

    file: File
    scripts: tuple[str, ...] = field(default=())


class Export:
    """The pages and assets below `folder`; there are none before they are built. `files` is what the form takes."""

    def __init__(self, company: Company, folder: Path = FOLDER, files: FileRules = NO_FILES) -> None:
        self._company = company
        self._files = files
        self._folder = folder

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages there are pages in; empty before the first build."""
        return tuple(sorted(path.stem for path in self._folder.glob("??.html") if LANGUAGE.fullmatch(path.stem)))

    def pages(self, name: str) -> dict[str, Page]:
        """Return the page by language; none before it is built. `name` is a path below a language: "" is the form."""
        files = {language: self._folder / language / name for language in self.languages}
        return {lang: self._page(path.with_suffix(".html")) for lang, path in files.items()}

    def assets(self) -> dict[str, File]:
        """Return what lies below `/_next/static`, the widget, and the worker that solves proofs of work, by path."""
        found = sorted((self._folder / "_next" / "static").rglob("*"))
        assets = {
            f"/{path.relative_to(self._folder).as_posix()}": _asset(path)
            for path in found
            if path.is_file() and path.suffix != ".gz"
        }
        widget, proof = self._folder / "widget.js", self._folder / "proof.js"
        return (
            assets
            | ({"/widget.js": self._widget(widget)} if widget.is_file() else {})
            | ({"/proof.js": _asset(proof)} if proof.is_file() else {})
        )

    def _widget(self, path: Path) -> File:
        """Return the widget with the company's name and colour in it."""
        script = path.read_text(encoding="utf-8")
        for place, value in (("NAME", self._company.name), ("COLOUR", self._company.colour)):
            script = script.replace(f"__COMPANY_{place}__", _in_a_string(value))
        body = script.encode()
        return File(body=body, packed=gzip.compress(body, mtime=0), media_type="text/javascript; charset=utf-8")

    def _page(self, path: Path) -> Page:
        text = fill(path.read_text(encoding="utf-8"), self._company, self._files)
        body = text.encode()
        scripts = tuple(f"'sha256-{_hash(script)}'" for script in dict.fromkeys(_INLINE_SCRIPT.findall(text)))
        file = File(body=body, packed=gzip.compress(body, mtime=0), media_type="text/html; charset=utf-8")
        return Page(file=file, scripts=scripts)


def fill(page: str, company: Company, files: FileRules) -> str:
    """Return the exported page with the company's facts in the places that the build left for them.

    The same facts stand in it as JSON, which the page's scripts read (`web-form/lib/company.ts`).
    """
    facts = {
        "name": company.name,
        "signature": company.signature,
        "supportAddress": company.support_address,
        "helpUrl": company.help_url,
    }
    endings = [ending for kind in files.types for ending in EXTENSIONS[kind]]
    form = {"files": {"most": files.most, "largest": files.largest, "endings": endings}}
    for place, value in (("NAME", "name"), ("SIGNATURE", "signature"), ("SUPPORT_ADDRESS", "supportAddress")):
        page = page.replace(f"__COMPANY_{place}__", html.escape(facts[value]))
    data = json.dumps(facts | form).replace("<", "\\u003c")
    head = f'<script id="company" type="application/json">{data}</script>'
    if company.colour:
        head = f'<link rel="stylesheet" href="/assets/company.css"/>{head}'
    return page.replace("</head>", f"{head}</head>", 1)


def _asset(path: Path) -> File:
    packed = path.with_name(f"{path.name}.gz")
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    kind = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
    return File(body=path.read_bytes(), packed=packed.read_bytes() if packed.is_file() else b"", media_type=kind)


def _in_a_string(value: str) -> str:
    """Return the text as it stands inside a string of JavaScript, whichever quotes it has."""
    return "".join(c if (c.isascii() and c.isalnum()) or c in " #" else f"\\u{{{ord(c):x}}}" for c in value)


def _hash(script: str) -> str:
    return b64encode(sha256(script.encode()).digest()).decode()
