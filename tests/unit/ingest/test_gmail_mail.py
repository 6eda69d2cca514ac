"""R6, R7, F3, T-B1: each mail of the corpus is what it is, and says what the person wrote."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.events import InvalidMessageError
from ingest.mail.message import ParsedMail, internal_date_of, parse
from tests.data.mail import make_corpus

DATA = Path(__file__).parents[2] / "data" / "mail"
INDEX: dict[str, dict[str, Any]] = json.loads((DATA / "index.json").read_text())
OURS = ("support@techcorp.example",)
RECEIVED = datetime(2026, 11, 22, 9, 15, tzinfo=UTC)


def _parse(name: str) -> ParsedMail:
    raw = (DATA / name).read_bytes()
    labels = INDEX[name]["labels"]
    return parse(raw, gmail_id=name, thread_id="t1", label_ids=labels, internal_date=RECEIVED, our_addresses=OURS)


def _of_class(wanted: str) -> list[str]:
    return [name for name, entry in INDEX.items() if entry["class"] == wanted]


def _shown(mail: ParsedMail, field: str) -> object:
    value = getattr(mail, field)
    if field == "attachments":
        return [attachment.filename for attachment in value]
    return list(value) if isinstance(value, tuple) else value


def _as_expected(mail: ParsedMail, expected: dict[str, Any]) -> None:
    assert {field: _shown(mail, field) for field in expected} == expected


def test_t_b1_the_corpus_holds_300_mails_of_every_class() -> None:
    assert len(INDEX) >= 300
    assert {entry["class"] for entry in INDEX.values()} == {"customer", "automated", "own", "broken"}
    assert {path.name for path in DATA.glob("*.eml")} == set(INDEX)


def test_t_b1_the_files_are_what_their_script_writes() -> None:
    cases = list(make_corpus.all_cases())
    assert make_corpus.index(cases) == INDEX
    assert [case.name for case in cases if (DATA / f"{case.name}.eml").read_bytes() != case.raw] == []


@pytest.mark.parametrize("name", _of_class("customer"))
def test_t_b1_a_customers_mail_is_read(name: str) -> None:
    mail = _parse(name)
    assert (mail.automated, mail.from_us) == (None, False)
    _as_expected(mail, {"authenticated": True, **INDEX[name]["expected"]})


@pytest.mark.parametrize("name", _of_class("automated"))
def test_t_b1_automated_mail_is_never_answered(name: str) -> None:
    mail = _parse(name)
    assert not mail.from_us
    _as_expected(mail, INDEX[name]["expected"])


@pytest.mark.parametrize("name", _of_class("own"))
def test_t_b1_our_own_mail_is_known(name: str) -> None:
    mail = _parse(name)
    assert mail.from_us
    _as_expected(mail, INDEX[name]["expected"])


@pytest.mark.parametrize("name", _of_class("broken"))
def test_t_b1_what_is_no_mail_is_dead_lettered(name: str) -> None:
    with pytest.raises(InvalidMessageError):
        _parse(name)


@pytest.mark.parametrize("name", [name for name in INDEX if INDEX[name]["class"] != "broken"])
def test_t_b1_nothing_leaves_that_postgresql_refuses(name: str) -> None:
    mail = _parse(name)
    texts = [mail.text, mail.subject, mail.sender_name, mail.sender, *(item.filename for item in mail.attachments)]
    assert not any("\x00" in text for text in texts)
    assert all(text.encode() is not None for text in texts)
    assert not any("\n" in text for text in texts[1:])


def test_g14_a_persons_mail_from_gmail_is_a_reply_and_ours_is_not() -> None:
    person = _parse("own-person-answers-from-gmail.eml")
    assert person.by_staff
    assert not replace(person, outbox_id="01936d4e").by_staff
    assert not replace(person, label_ids=("DRAFT",)).by_staff
    assert not replace(person, from_us=False).by_staff
    assert not replace(person, automated="auto_submitted").by_staff


def test_i5_answers_go_to_the_sender_not_to_reply_to() -> None:
    mail = _parse("reply-to-somebody-else.eml")
    assert (mail.sender, mail.reply_to) == ("ann@customer.example", "boss@bank.example")


def test_r6_internal_date_is_read_as_gmail_sends_it() -> None:
    assert internal_date_of("1795338900123") == datetime(2026, 11, 22, 9, 15, 0, 123_000, tzinfo=UTC)
    for wrong in ("", "soon", "9" * 30, None):
        with pytest.raises(InvalidMessageError):
            internal_date_of(wrong)  # type: ignore[arg-type]
