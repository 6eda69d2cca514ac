"""Issue 12: each attachment that a mail was filed with can be taken out of it again, by its number."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from ingest.events import InvalidMessageError
from ingest.mail.parts.mime import file_of, read

DATA = Path(__file__).parents[2] / "data"
MAILS = sorted(DATA.rglob("*.eml"))
LARGE = bytes(range(256)) * 1_000


def _mail() -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "eve@example.com", "Files"
    mail.set_content("Here they are.")
    return mail


def test_every_attachment_of_the_corpora_is_found() -> None:
    found = 0
    for path in MAILS:
        raw = path.read_bytes()
        try:
            files = read(raw).attachments
        except InvalidMessageError:
            continue
        contents = [file_of(raw, n) for n in range(len(files) + 1)] if files else [None]
        assert None not in contents[:-1], path
        assert contents[-1] is None, path
        found += len(files)
    assert found > 5


def test_a_file_comes_back_whole_although_the_mail_was_read_shortened() -> None:
    mail = _mail()
    mail.add_attachment(LARGE, maintype="application", subtype="pdf", filename="a.pdf")
    mail.add_attachment("one, two", subtype="csv", filename="b.csv", cte="quoted-printable")
    raw = bytes(mail)
    assert [file.filename for file in read(raw).attachments] == ["a.pdf", "b.csv"]
    assert file_of(raw, 0) == LARGE
    assert (file_of(raw, 1) or b"").strip() == b"one, two"


def test_an_attached_mail_is_a_file() -> None:
    mail, inner = _mail(), _mail()
    inner.replace_header("Subject", "Within")
    mail.add_attachment(inner)
    content = file_of(bytes(mail), 0) or b""
    assert b"Subject: Within" in content
    assert b"Here they are." in content


@pytest.mark.parametrize("n", [0, 3])
def test_a_mail_without_files_has_none(n: int) -> None:
    assert file_of(bytes(_mail()), n) is None
