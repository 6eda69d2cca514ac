"""`nightdesk kb` and `nightdesk migrate` as they are typed, over a real PostgreSQL."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from serve_app.cli.main import app
from serve_app.embedded.base.errors import UserError

DUPLICATE = "# Where is my parcel\n\nOpen the mail with the parcel number and choose Track.\n"


@pytest.fixture(autouse=True)
def _product(database_url: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database and a company in the environment, and no product that runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("CONTEXT_DIR", str(folder))
    monkeypatch.setenv("NIGHTDESK_DATA_DIR", str(tmp_path / "none"))


def typed(*arguments: str, code: int = 0) -> str:
    """Run a command; return what it printed."""
    done: Result = CliRunner().invoke(app, list(arguments))
    assert (done.exit_code, done.exception if done.exit_code != code else None) == (code, None), done.output
    return done.output


def refused(*arguments: str) -> str:
    """Run a command that fails by the user's mistake; return the line that `main` prints."""
    done = CliRunner().invoke(app, list(arguments))
    assert isinstance(done.exception, UserError)
    return str(done.exception)


def slugs() -> list[str]:
    return [one["slug"] for one in json.loads(typed("kb", "list", "--json"))]


def test_migrate_finds_or_makes_the_knowledge_base_filled() -> None:
    assert "knowledge base: 2 added, 0 updated, 0 removed, 0 unchanged" in typed("migrate")
    assert slugs() == ["redeem-a-gift-card", "track-a-parcel"]
    assert typed("migrate") == "nothing to do\n"


@pytest.mark.parametrize("option", ["--check", "--schema-only"])
def test_migrate_can_leave_the_knowledge_base_alone(option: str) -> None:
    typed("migrate", option)
    assert slugs() == []


def test_a_file_is_added_listed_checked_and_removed(tmp_path: Path) -> None:
    typed("kb", "sync")
    (tmp_path / "parcels.md").write_text(DUPLICATE, encoding="utf-8")
    assert "1 added" in typed("kb", "add", "parcels.md")
    listed = typed("kb", "list")
    assert f"\n{tmp_path / 'parcels.md'}\n" in f"\n{listed}"
    assert "3 sections" in listed
    assert "'Where is my parcel' (parcels.md)" in typed("kb", "check")
    assert typed("kb", "remove", "parcels.md") == "removed 1 section\n"
    assert slugs() == ["redeem-a-gift-card", "track-a-parcel"]
    assert typed("kb", "check") == "nothing to mend\n"


def test_a_file_that_is_gone_fails_the_sync_and_stays(tmp_path: Path) -> None:
    (tmp_path / "parcels.md").write_text(DUPLICATE, encoding="utf-8")
    typed("kb", "add", "parcels.md")
    (tmp_path / "parcels.md").unlink()
    assert "is gone; its sections stay" in typed("kb", "sync", code=1)
    assert "parcels--where-is-my-parcel" in slugs()


def test_mistakes_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "sheet.xlsx").write_bytes(b"x")
    (tmp_path / "prices.md").write_text("A filter costs 12 euros.", encoding="utf-8")
    assert "expected a file that ends in" in refused("kb", "add", "sheet.xlsx")
    assert "contains a price" in refused("kb", "add", "prices.md")
    assert "nothing was added from" in refused("kb", "remove", "nowhere.md")
    assert "the company's own documents" in refused("kb", "remove", "documents")


def test_nothing_asked_in_vain_is_said() -> None:
    assert typed("kb", "gaps") == "nothing was asked in vain in the last 30 days\n"
    assert json.loads(typed("kb", "gaps", "--json")) == []
