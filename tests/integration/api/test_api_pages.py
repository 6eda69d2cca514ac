"""The form at / and the status page: without foreign resources and in step with the API."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any, get_args

import pytest

from ingest.web_form import Category
from serve_app.api.base.models import TicketView
from tests.integration.api.serving import Served

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGES = ("/", "/status", "/staff", "/link", "/docs")


class Page(HTMLParser):
    """A page's elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep every element with its attributes."""
        self.elements.append((tag, dict(attrs)))

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        """The attributes of all elements of these kinds."""
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.mark.parametrize("path", PAGES)
async def test_pages_load_nothing_from_elsewhere_and_run_nothing_inline(api: Served, path: str) -> None:
    response = await api.client.get(path)
    page = Page(response.text)
    policy = response.headers["Content-Security-Policy"]
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert all("style" not in attributes for _, attributes in page.elements)
    loaded = [a.get("src") or a.get("href") for a in page.all("script", "link", "img")]
    assert loaded
    for url in loaded:
        assert url is not None
        assert url.startswith("/assets/")
        assert (await api.client.get(url)).status_code == 200


async def test_pages_scripts_import_only_what_is_there(api: Served) -> None:
    for name in ("form", "status", "staff", "link", "docs", "lostlink", "files"):
        script = (await api.client.get(f"/assets/{name}.js")).text
        assert "innerHTML" not in script
        for imported in re.findall(r'from "\./([a-z]+\.js)"', script):
            assert (await api.client.get(f"/assets/{imported}")).status_code == 200


@pytest.mark.parametrize("path", ["/", "/status", "/staff"])
async def test_pages_every_field_has_a_label_and_a_place_for_its_problem(api: Served, path: str) -> None:
    page = Page((await api.client.get(path)).text)
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    labelled = {attributes["for"] for attributes in page.all("label")}
    fields = page.all("input", "select", "textarea")
    assert fields
    for field in fields:
        described = str(field["aria-describedby"]).split()
        assert field["id"] in labelled
        assert set(described) <= ids
        assert f"{field['id']}-error" in described


async def test_pages_form_offers_exactly_the_categories_of_the_api(api: Served) -> None:
    page = Page((await api.client.get("/")).text)
    values = {option["value"] for option in page.all("option")} - {""}
    assert values == set(get_args(Category)) | {"low", "medium", "high", "critical"}


async def test_pages_status_has_words_for_every_state(api: Served) -> None:
    script = (await api.client.get("/assets/status.js")).text
    statuses: tuple[Any, ...] = get_args(TicketView.model_fields["status"].annotation)
    assert all(f"{status}: [" in script for status in statuses)


async def test_pages_script_uses_only_calls_and_elements_that_are_there(api: Served) -> None:
    described = (await api.client.get("/openapi.json")).json()["paths"]
    for name, place in (("status", "status"), ("lostlink", "status"), ("link", "link"), ("staff", "staff")):
        script = (await api.client.get(f"/assets/{name}.js")).text
        page = Page((await api.client.get(f"/{place}")).text)
        ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
        assert set(re.findall(r'byId\("([a-z-]+)"\)', script)) <= ids
        asked = re.findall(r'(get|post)\("(/[a-z/]+)"', script)
        assert asked or name in ("staff", "lostlink")
        assert all(method in described[f"/api/v1{path}"] for method, path in asked)


@pytest.mark.parametrize("path", PAGES)
async def test_pages_answer_head_and_are_not_sent_twice(api: Served, path: str) -> None:
    head = await api.client.head(path)
    again = await api.client.get(path, headers={"If-None-Match": head.headers["ETag"]})
    assert (head.status_code, head.content, again.status_code, again.content) == (200, b"", 304, b"")
