"""docs/settings.md lists every environment variable, with its default (S4, X3)."""

from __future__ import annotations

import re
from pathlib import Path

from serve_app.settings.settings import Settings

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"
ROW = re.compile(r"^\| `([A-Z][A-Z0-9_]*)` \| (.*?) \| .+ \|$", re.MULTILINE)


def test_the_page_lists_every_setting_with_its_default() -> None:
    listed = {match[1]: match[2] for match in ROW.finditer(PAGE.read_text())}
    assert listed == {name.upper(): _default(name) for name in Settings.model_fields}


def _default(name: str) -> str:
    value = Settings.model_fields[name].get_default(call_default_factory=True)
    if value is None or value in ("", (), {}):
        return "unset"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{','.join(value) if isinstance(value, tuple) else value}`"
