"""`nightdesk company check`: what is wrong, contradictory or missing, a line each."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from deployments.rules.company_file import CompanyFileError, read_company
from serve_app.cli.company.checks import findings
from serve_app.settings.company_documents import company_of, context_dir
from serve_app.settings.settings import SettingsError, settings_from
from tests.fixtures.company import CONTEXT

ANSWERS = Path(__file__).parents[3] / "embeddings" / "data" / "answers"
DOCS = "# Help\n\n## Orders\n\n### Track a parcel\n\nOpen the mail with the parcel number and choose Track.\n"
FACTS = """
name = "Brindlewick"
product = "household goods"
support_address = "support@brindlewick.example"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "product-docs.md").write_text(DOCS, encoding="utf-8")
    return tmp_path


def found(folder: Path, *lines: str, **settings: object) -> dict[str, list[str]]:
    """What the check says of FACTS and more lines, by kind."""
    (folder / "company.toml").write_text("\n".join([FACTS, *lines]), encoding="utf-8")
    kinds: dict[str, list[str]] = {}
    for finding in findings(folder, settings_from(settings)):
        assert "\n" not in finding.text
        kinds.setdefault(finding.kind, []).append(finding.text)
    return kinds


def test_the_example_company_is_complete() -> None:
    assert findings(CONTEXT, settings_from({})) == []


@pytest.mark.parametrize("trade", sorted(path.name for path in ANSWERS.iterdir() if path.is_dir()))
def test_the_companies_of_other_trades_can_be_read(trade: str) -> None:
    assert read_company(ANSWERS / trade).name


def test_a_company_that_names_only_itself_is_told_what_it_goes_without(folder: Path) -> None:
    kinds = found(folder)
    assert list(kinds) == ["missing"]
    facts = [line.partition(":")[0] for line in kinds["missing"]]
    assert facts == [
        "website",
        "help_url",
        "hours",
        "timezone",
        "tone",
        "competitors",
        "colour",
        "logo",
        "sample-tickets.json",
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('hours = "always"', "hours: 'always': expected such as Mon-Fri 09:00-18:00"),
        ('timezone = "Mars/Base"', "timezone: 'Mars/Base' is no time zone"),
        ('help_url = "help.example.com"', "help_url: 'help.example.com' is no link"),
        ('languages = ["english"]', "languages: 'english' is no ISO 639-1 code"),
        ('competitors = "Tuckenby"', "competitors: 'Tuckenby' is no list of texts"),
        ('mail_groups = ["help"]', "mail_groups: 'help' is no e-mail address"),
        ('quotes_amounts = "yes"', "quotes_amounts: 'yes' is neither true nor false"),
        ('motto = "We care"', "motto is unknown"),
        ('[look]\ncolour = "blue"', "colour: 'blue' is no colour"),
        ('[look]\nlogo = "logo.svg"', "is no file"),
        ('[look]\nlogo = "logo.bmp"', "logo: 'logo.bmp' is no picture"),
    ],
)
def test_a_value_that_can_t_be_used_is_named_with_what_is_expected(folder: Path, line: str, said: str) -> None:
    (problem,) = found(folder, line)["wrong"]
    assert said in problem
    with pytest.raises(CompanyFileError, match=r"company\.toml"):
        read_company(folder)


@pytest.mark.parametrize("name", ["name", "product", "support_address"])
def test_what_is_needed_is_asked_for(folder: Path, name: str) -> None:
    lines = [line for line in FACTS.splitlines() if not line.startswith(f"{name} ")]
    (folder / "company.toml").write_text("\n".join(lines), encoding="utf-8")
    (finding,) = findings(folder, settings_from({}))
    assert finding.text.startswith(f"company.toml: {name} is missing: write {name} = ")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('competitors = ["Brindlewick"]', "'Brindlewick' is a name of our own"),
        ('competitors = ["Track"]', "product-docs.md names 'Track' in 'Track a parcel'"),
        ('website = "https://www.elsewhere.example"', "website: is at elsewhere.example"),
        ('languages = ["de", "en"]', "the first is 'de', but product-docs.md is in 'en'"),
        ('[look]\ncolour = "#ffee00"', "links in #ffee00 can't be read"),
    ],
)
def test_facts_that_contradict_each_other_are_named(folder: Path, line: str, said: str) -> None:
    assert any(said in text for text in found(folder, line)["contradictory"])


@pytest.mark.parametrize(
    ("line", "settings", "said"),
    [
        ('hours = "Mon-Fri 09:00-17:00"', {"support_hours": "Mon-Sun 00:00-24:00"}, "SUPPORT_HOURS is"),
        ('timezone = "Europe/London"', {"support_timezone": "UTC"}, "SUPPORT_TIMEZONE is UTC"),
        ('mail_groups = ["a@b.example"]', {"gmail_groups": "c@d.example"}, "GMAIL_GROUPS is c@d.example"),
        ("", {"gmail_user": "info@brindlewick.example"}, "GMAIL_USER is info@brindlewick.example"),
    ],
)
def test_settings_that_say_something_else_are_named(
    folder: Path, line: str, settings: dict[str, object], said: str
) -> None:
    (text,) = found(folder, line, **settings)["contradictory"]
    assert said in text
    assert "the setting is what counts" in text


def test_another_support_address_in_the_documents_is_named(folder: Path) -> None:
    (folder / "product-docs.md").write_text(f"{DOCS}\nWrite to support@other.example.", encoding="utf-8")
    (text,) = found(folder)["contradictory"]
    assert "support@other.example" in text


def test_amounts_of_money_are_wrong_unless_they_may_be_told(folder: Path) -> None:
    (folder / "product-docs.md").write_text(f"{DOCS}\nIt costs 5 euros.", encoding="utf-8")
    (text,) = found(folder)["wrong"]
    assert "quotes_amounts = true" in text
    assert "wrong" not in found(folder, "quotes_amounts = true")


@pytest.mark.parametrize(("name", "said"), [("company.toml", "is missing"), ("product-docs.md", "can't be read")])
def test_a_file_that_is_not_there_is_named(folder: Path, name: str, said: str) -> None:
    shutil.copy(CONTEXT / "company.toml", folder)
    shutil.copy(CONTEXT / "logo.svg", folder)
    (folder / name).unlink()
    wrong = [finding.text for finding in findings(folder, settings_from({})) if finding.kind == "wrong"]
    assert len(wrong) == 1
    assert name in wrong[0]
    assert said in wrong[0]


def test_the_product_does_not_start_as_nobody(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"^CONTEXT_DIR: .*company\.toml is missing: write one with name"):
        company_of(settings_from({"context_dir": folder}))
    with pytest.raises(SettingsError, match="is no folder"):
        context_dir(settings_from({"context_dir": folder / "none"}))
