"""The pages as they are served: from this host alone, under a strict policy, in the reader's language."""

from __future__ import annotations

import gzip
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import httpx
import pytest
from fastapi import FastAPI

from ingest.web_form import Category
from serve_app.api.public.export import FOLDER, Export
from serve_app.api.public.pages import add_pages
from tests.fixtures.company import EXAMPLE
from tests.integration.api.serving import Served

pytestmark = pytest.mark.asyncio(loop_scope="module")

EXPORTED = ("/", "/status", "/link", "/staff", "/staff/digest")
PAGES = (*EXPORTED, "/docs")
FORM_SCRIPTS_KB = 150
WIDGET_KB = 30


class Page(HTMLParser):
    """A page's elements, and the inline scripts that a browser would run."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[str] = []
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep every element with its attributes."""
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        self._inside = tag == "script" and "src" not in attributes and "type" not in attributes

    def handle_data(self, data: str) -> None:
        """Keep what an inline script says."""
        if self._inside:
            self.inline.append(data)
            self._inside = False

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        """The attributes of all elements of these kinds."""
        return [attributes for tag, attributes in self.elements if tag in tags]

    def loads(self) -> set[str]:
        """The addresses of scripts, sheets and pictures."""
        return {str(a.get("src") or a.get("href")) for a in self.all("script", "link", "img")} - {"None"}


@pytest.mark.parametrize("path", PAGES)
async def test_pages_load_nothing_from_elsewhere_and_run_only_their_own_inline_scripts(api: Served, path: str) -> None:
    response = await api.client.get(path)
    page = Page(response.text)
    policy = response.headers["Content-Security-Policy"]
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert set(re.findall(r"'sha256-([^']+)'", policy)) == {
        b64encode(sha256(script.encode()).digest()).decode() for script in page.inline
    }
    assert all("style" not in attributes for _, attributes in page.elements)
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert page.loads()
    for url in page.loads():
        assert url.startswith(("/assets/", "/_next/static/"))
        assert (await api.client.get(url)).status_code == 200


async def test_pages_what_has_a_hash_in_its_name_is_kept_for_ever_and_comes_packed(api: Served) -> None:
    page = Page((await api.client.get("/")).text)
    for_old_browsers = {str(a["src"]) for a in page.all("script") if "nomodule" in a}
    scripts = {url for url in page.loads() if url.endswith(".js")} - for_old_browsers
    packed = 0
    for url in scripts:
        async with api.client.stream("GET", url, headers={"Accept-Encoding": "gzip"}) as answer:
            body = b"".join([part async for part in answer.aiter_raw()])
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(body) == (await api.client.get(url, headers={"Accept-Encoding": "identity"})).content
        packed += len(body)
    assert 50_000 < packed <= FORM_SCRIPTS_KB * 1000


@pytest.mark.parametrize(
    ("accepted", "query", "language"),
    [
        ("fr-CH, de;q=0.9", "", "fr"),
        ("nl, de;q=0.5, es;q=0.7", "", "es"),
        ("fr;q=0, de;q=x", "", "en"),
        ("", "", "en"),
        ("de", "?lang=ar", "ar"),
        ("de", "?lang=../x", "de"),
    ],
)
async def test_pages_are_in_the_language_that_the_browser_asks_for(
    api: Served, accepted: str, query: str, language: str
) -> None:
    response = await api.client.get(f"/{query}", headers={"Accept-Language": accepted})
    (root,) = Page(response.text).all("html")
    assert (root["lang"], root["dir"]) == (language, "rtl" if language == "ar" else "ltr")
    assert response.headers["Content-Language"] == language
    assert "Accept-Language" in response.headers["Vary"]


async def test_pages_every_field_has_a_label_and_a_place_for_its_problem(api: Served) -> None:
    page = Page((await api.client.get("/")).text)
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    labelled = {attributes["for"] for attributes in page.all("label")}
    # One that people do not see has no problem to tell.
    fields = [field for field in page.all("input", "select", "textarea") if field["id"] != "homepage"]
    assert len(fields) == 7
    for field in fields:
        described = str(field["aria-describedby"]).split()
        assert field["id"] in labelled
        assert set(described) <= ids
        assert f"{field['id']}-error" in described


async def test_pages_form_offers_exactly_the_categories_of_the_api(api: Served) -> None:
    page = Page((await api.client.get("/")).text)
    values = {option["value"] for option in page.all("option")} - {""}
    assert values == set(get_args(Category)) | {"low", "medium", "high", "critical"}


async def test_pages_widget_is_one_small_script_that_any_site_may_load(api: Served) -> None:
    response = await api.client.get("/widget.js", headers={"Origin": "https://shop.example"})
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert 5_000 < len(gzip.compress(response.content, 9)) <= WIDGET_KB * 1000
    assert "__COMPANY_" not in response.text
    assert set(re.findall(r"https?://[a-z0-9.-]+", response.text)) <= {"http://www.w3.org"}
    preflight = await api.client.options(
        "/api/v1/support/form", headers={"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    )
    assert "Access-Control-Allow-Origin" not in preflight.headers


@pytest.mark.parametrize("path", PAGES)
async def test_pages_answer_head_and_are_not_sent_twice(api: Served, path: str) -> None:
    head = await api.client.head(path)
    again = await api.client.get(path, headers={"If-None-Match": head.headers["ETag"]})
    assert (head.status_code, head.content, again.status_code, again.content) == (200, b"", 304, b"")


async def test_pages_that_are_not_built_say_so_and_how_to_build_them(tmp_path: Path) -> None:
    app = FastAPI(docs_url=None)
    add_pages(app, EXAMPLE, Export(EXAMPLE, tmp_path))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://product") as client:
        for path in EXPORTED:
            answer = await client.get(path)
            assert (answer.status_code, "Run: make web" in answer.text) == (503, True)
        assert (await client.get("/widget.js")).status_code == 404


async def test_pages_are_built_where_the_product_looks_for_them() -> None:
    assert FOLDER.parts[-2:] == ("serve_app", "web")
    assert Export(EXAMPLE).languages == ("ar", "de", "en", "es", "fr")
