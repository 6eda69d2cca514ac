"""Issue of any company: no name of the example company stands in the code, and nothing of it shows for another."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from db import migrate
from db.records import ChannelConfig, Passage
from deployments.agent import notices
from deployments.agent.checks.guardrails import NAMES_A_COMPETITOR, STATES_A_PRICE, Guard
from deployments.agent.prompt import load_prompt
from deployments.rules import formatting
from deployments.rules.company import Company
from deployments.rules.company_file import read_company
from deployments.rules.escalation import REASON_PRECEDENCE
from deployments.rules.wording import Wording, read_words
from embeddings.chunker import parse_docs
from serve_app.api.public.pages import EXPORTED, add_pages
from tests.fixtures.company import EXAMPLE
from tests.fixtures.turns import context, passage

ROOT = Path(__file__).parents[2]
ANSWERS = ROOT / "embeddings" / "data" / "answers"
PACKAGES = ("serve_app", "evaluation", "deployments", "ingest", "embeddings", "db")
CODE = {".py", ".sql", ".md", ".html", ".js", ".css", ".svg", ".toml"}
WEB = ("app", "components", "lib", "scripts", "styles", "widget", "e2e")
WEB_CODE = {".ts", ".tsx", ".mjs", ".css", ".py"}
DATA = ("embeddings/data/", "embeddings/heads/", "evaluation/data/")
TRAINED_ON = (
    "embeddings/workbench/families.py",
    "embeddings/workbench/escalation_data.py",
)
"""Greetings and stories around training sentences: texts of customers, not of the product."""
APPLIED = ("db/migrations/0003_channel_seed.sql", "db/migrations/0028_any_company.sql")
"""Applied migrations are never edited; the second takes the name of the first out of the template."""
BUILT = "serve_app/web/"
"""The pages as `web-form/` is built: its sources are looked at in their place."""
OTHERS = ("bank", "shop")
NAME = re.compile(r"tech ?corp", re.IGNORECASE)


def company(trade: str) -> Company:
    return read_company(ANSWERS / trade)


def code_files() -> list[Path]:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.suffix in CODE]
    files += [path for folder in WEB for path in (ROOT / "web-form" / folder).rglob("*") if path.suffix in WEB_CODE]
    left_out = (*DATA, *TRAINED_ON, *APPLIED, BUILT)
    return [path for path in files if not path.relative_to(ROOT).as_posix().startswith(left_out)]


def test_no_name_of_the_example_company_stands_in_code() -> None:
    files = code_files()
    assert len(files) > 400
    assert [path.relative_to(ROOT).as_posix() for path in files if NAME.search(path.read_text(encoding="utf-8"))] == []


def test_every_competitor_of_the_example_company_stands_in_its_folder_alone() -> None:
    names = re.compile("|".join(re.escape(name) for name in EXAMPLE.competitors))
    assert [path.name for path in code_files() if names.search(path.read_text(encoding="utf-8"))] == []


def shown(text: str) -> list[str]:
    """What a text shows of the example company."""
    facts = (
        EXAMPLE.name,
        *EXAMPLE.own_names,
        EXAMPLE.support_address,
        EXAMPLE.help_url,
        EXAMPLE.website,
        EXAMPLE.colour,
    )
    return [fact for fact in facts if fact.lower() in text.lower()]


@pytest.mark.parametrize("trade", OTHERS)
def test_the_prompt_speaks_of_the_company_and_its_product(trade: str) -> None:
    ours, run = company(trade), context()
    run.services = replace(run.services, company=ours)
    text = load_prompt().render(run)
    assert f"agent of {ours.name}. You answer questions about {ours.product}" in text
    assert ours.tone in text
    assert shown(text) == []


@pytest.mark.parametrize("trade", OTHERS)
@pytest.mark.parametrize("tone", ["formal", "semi-formal", "conversational"])
def test_notices_name_the_company_s_product_only(trade: str, tone: str) -> None:
    run = context(tone=tone)
    run.services = replace(run.services, company=company(trade))
    texts = [notices.hand_over(run, reason) for reason in REASON_PRECEDENCE]
    texts += [notices.courtesy(run, "greeting"), notices.courtesy(run, "thanks"), notices.question_back(run)]
    assert [text for text in texts if shown(text)] == []
    assert tone == "conversational" or company(trade).product in notices.courtesy(run, "greeting")


@pytest.mark.parametrize("trade", OTHERS)
def test_a_mail_is_signed_by_the_company(trade: str) -> None:
    ours = company(trade)
    (template,) = re.findall(r"E'(Dear .*?\{\{ company \}\}.*?)'$", shipped_templates(), re.MULTILINE)
    config = ChannelConfig(
        channel="email",
        enabled=True,
        tone="formal",
        max_response_length=500,
        length_unit="words",
        response_template=template.replace("\\n", "\n"),
        facts=ours.facts,
    )
    text = formatting.render(config, body="Open the page.", name="Ann", ticket="TKT-0042", link="")
    assert f"Kind regards,\n{ours.name} Support\n" in text
    assert shown(text) == []


def shipped_templates() -> str:
    (path,) = (ROOT / "db" / "migrations" / f"{one.name}.sql" for one in migrate.load() if one.name.startswith("0028"))
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("trade", OTHERS)
@pytest.mark.parametrize("path", EXPORTED)
def test_pages_have_the_company_s_name_address_help_and_colour(trade: str, path: str) -> None:
    ours, app = company(trade), FastAPI(docs_url=None)
    add_pages(app, ours)
    client = TestClient(app)
    page = client.get(path).text
    scripts = [client.get(url).text for url in re.findall(r'src="(/_next/[^"]+\.js)"', page)]
    assert scripts
    facts = json.loads(re.findall(r'id="company" type="application/json">(.*?)</script>', page)[0])
    assert facts.pop("files") == {"most": 0, "largest": 0, "endings": []}  # a setting's, not the company's
    assert facts == {
        "name": ours.name,
        "signature": f"{ours.name} Support",
        "supportAddress": ours.support_address,
        "helpUrl": ours.help_url,
    }
    assert "__COMPANY_" not in page
    assert path != "/" or f"mailto:{ours.support_address}" in page
    assert [fact for text in (page, *scripts) for fact in shown(text)] == []
    assert f"--accent: {ours.colour};" in client.get("/assets/company.css").text
    assert '"/assets/company.css"' in page


def test_a_name_with_signs_of_markup_stays_a_text() -> None:
    app = FastAPI(docs_url=None)
    add_pages(app, replace(company("shop"), name='A & B <i>"x"'))
    page = TestClient(app).get("/status").text
    widget = TestClient(app).get("/widget.js").text
    assert '<i>"x"' not in page
    assert "A &amp; B &lt;i&gt;" in page
    assert '<i>"x"' not in widget
    assert r"A \u{26} B \u{3c}i\u{3e}\u{22}x\u{22}" in widget


def test_the_company_s_logo_is_what_the_pages_show(tmp_path: Path) -> None:
    folder = copied(tmp_path, "shop", "logo = 'ours.svg'")
    (folder / "ours.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
    app = FastAPI(docs_url=None)
    add_pages(app, read_company(folder))
    answer = TestClient(app).get("/assets/logo")
    assert (answer.text, answer.headers["content-type"]) == (
        "<svg xmlns='http://www.w3.org/2000/svg'/>",
        "image/svg+xml",
    )
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def copied(folder: Path, trade: str, *lines: str) -> Path:
    """A company's folder as CONTEXT_DIR wants it, with more lines in company.toml (the last table is [look])."""
    (folder / "company.toml").write_text(
        "\n".join([(ANSWERS / trade / "company.toml").read_text(encoding="utf-8"), *lines]), encoding="utf-8"
    )
    (folder / "product-docs.md").write_bytes((ANSWERS / trade / "docs.md").read_bytes())
    return folder


@pytest.mark.parametrize("trade", OTHERS)
def test_the_guard_knows_the_company_s_competitors_and_no_others(trade: str) -> None:
    ours, run = company(trade), Guard(company(trade))
    for name in ours.competitors:
        assert run.forbidden(f"Many people use {name} instead.") == NAMES_A_COMPETITOR
    assert [name for name in EXAMPLE.competitors if run.forbidden(f"Many people use {name} instead.")] == []


@pytest.mark.parametrize("trade", OTHERS)
def test_what_the_company_promises_is_a_promise(trade: str) -> None:
    ours = company(trade)
    assert Guard(ours).forbidden(f"{ours.name} will refund you.") == "promises money back"
    assert Guard(ours).forbidden("TechCorp will refund you.") is None


@pytest.mark.parametrize("trade", OTHERS)
def test_a_company_without_competitors_may_be_checked(trade: str) -> None:
    assert Guard(replace(company(trade), competitors=())).forbidden("Open the page.") is None


@pytest.mark.parametrize("trade", OTHERS)
def test_the_company_s_name_needs_no_support(trade: str) -> None:
    ours = company(trade)
    sections = parse_docs((ANSWERS / trade / "docs.md").read_text(encoding="utf-8"))
    section = next(one for one in sections if "Open " in one.content)
    text = "Choose the card and tap Freeze to block it at once."
    found = passage(f"{text} {section.content}", title="Block a card", slug="block")
    named = f"At {ours.name}, choose the card and tap Freeze to block it at once."
    assert Guard(ours).review(named, [found]).text == named
    assert Guard(replace(ours, name="Someone Else")).review(named, [found]).text == ""


@pytest.mark.parametrize("trade", OTHERS)
def test_phrases_read_the_company_s_name_as_us(trade: str) -> None:
    ours = company(trade)
    signs = read_words("", f"{ours.name} charged us twice.", own_names=ours.own_names)
    assert (signs.wording["refund"], signs.evidence["refund"]) == (
        Wording.REQUEST,
        f"{ours.name.lower()} charged us twice",
    )
    theirs = read_words("", "The landlord charged us twice.", own_names=ours.own_names)
    assert theirs.wording["refund"] is Wording.MENTION


def quoted(text: str) -> Passage:
    return passage(text, title="Limits", slug="limits")


def test_amounts_are_told_only_where_the_company_allows_it_and_a_passage_says_so() -> None:
    said = "For the first 24 hours, transfers from the new phone are limited to 500 euros a day."
    bank = company("bank")
    assert Guard(bank).review(said, [quoted(said)]).problem == STATES_A_PRICE
    allowed = Guard(replace(bank, quotes_amounts=True))
    assert allowed.review(said, [quoted(said)]).text == said
    assert allowed.review(said.replace("500", "900"), [quoted(said)]).problem == STATES_A_PRICE
