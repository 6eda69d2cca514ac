"""A store of the test's own, and a company with two topics."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.fixtures.store import store

__all__ = ["store"]

ANSWERS = Path(__file__).parents[3] / "embeddings" / "data" / "answers"
AREA = "# Brindlewick help\n\n## Orders\n\n"
TRACK = "### Track a parcel\n\nOpen the mail with the parcel number and choose Track.\n\n"
VOUCHER = "### Redeem a gift card\n\nType the code of the gift card at the till page and choose Apply.\n\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A company's folder with two topics."""
    path = tmp_path / "context"
    path.mkdir()
    shutil.copy(ANSWERS / "shop" / "company.toml", path)
    (path / "product-docs.md").write_text(AREA + TRACK + VOUCHER, encoding="utf-8")
    return path
