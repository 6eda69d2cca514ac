"""docs/api.md lists every call of the product (X3)."""

from __future__ import annotations

import re
from pathlib import Path

from serve_app.api.openapi_file import schema

PAGE = Path(__file__).parents[3] / "docs" / "api.md"
ROW = re.compile(r"^\| `([A-Z]+ /\S+)` \|", re.MULTILINE)


async def test_the_page_lists_every_call() -> None:
    calls = {f"{method.upper()} {path}" for path, found in (await schema())["paths"].items() for method in found}
    assert set(ROW.findall(PAGE.read_text())) == calls
