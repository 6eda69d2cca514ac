"""T-Z2: whole messages of every channel are read or refused as promised, and fit the store."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ingest.events import InvalidMessageError
from ingest.mail.message import TEXT_LIMIT, ParsedMail, parse
from ingest.mail.push import parse_push
from ingest.mail.push_token import CertificatesUnavailableError, ForgedPushError, PushVerifier, read_certificates
from ingest.text import clean
from ingest.whatsapp.message import parse as parse_whatsapp
from ingest.whatsapp.signature import verify
from ingest.whatsapp.status import parse_status
from tests.fixtures.google_jwt import AUDIENCE, SERVICE_ACCOUNT, TokenMaker
from tests.unit.ingest.strategies import anything, json_values, relaxed, storable

CORPUS = sorted((Path(__file__).parents[2] / "data" / "mail").glob("*.eml"))


def _parse(raw: bytes) -> ParsedMail | None:
    try:
        return parse(raw, gmail_id="1", thread_id="t", label_ids=(), internal_date=datetime.now(UTC), our_addresses=())
    except InvalidMessageError:
        return None


def _checked(mail: ParsedMail | None) -> None:
    if mail is None:
        return
    names = [text for item in mail.attachments for text in (item.filename, item.content_type)]
    lines = [mail.sender, mail.sender_name, mail.subject, mail.outbox_id or "", mail.rfc_message_id or "", *names]
    storable(mail.text, *lines, *mail.references)
    assert len(mail.text) <= TEXT_LIMIT
    assert clean(mail.text) == mail.text
    assert not any("\n" in line or "\r" in line for line in (*lines, *mail.references))


@relaxed
@given(st.binary(max_size=500))
def test_t_z2_any_bytes_are_a_mail_or_dead_lettered(raw: bytes) -> None:
    _checked(_parse(raw))
    _checked(_parse(b"From: ann@customer.example\r\n" + raw))


@relaxed
@given(
    st.sampled_from(CORPUS),
    st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 40), st.binary(max_size=20)), max_size=4),
)
def test_t_z2_damaged_mails_are_read_or_dead_lettered(path: Path, damages: list[tuple[int, int, bytes]]) -> None:
    raw = path.read_bytes()
    assume(len(raw) < 20_000)
    for start, length, inserted in damages:
        raw = raw[:start] + inserted + raw[start + length :]
    _checked(_parse(raw))


_FIELDS = ("MessageSid", "From", "To", "Body", "NumMedia", "MediaContentType0", "MessageType", "Latitude", "Longitude")
_form = st.lists(
    st.tuples(
        st.sampled_from(_FIELDS), st.one_of(anything, st.sampled_from(["whatsapp:+447700900123", "SM1", "3", "9" * 9]))
    ),
    max_size=15,
)


@relaxed
@given(_form)
def test_t_z2_any_post_is_a_message_or_refused(params: list[tuple[str, str]]) -> None:
    try:
        message = parse_whatsapp(params)
    except InvalidMessageError:
        return
    storable(message.text, message.sender, message.address, message.profile_name, *message.metadata.values())


@relaxed
@given(st.lists(st.tuples(anything, anything), max_size=5), anything, anything)
def test_t_z2_any_signature_is_a_verdict(params: list[tuple[str, str]], signature: str, settings_header: str) -> None:
    assert verify("token", "https://x.example/hook", params, signature, settings=settings_header) is False
    with pytest.raises(InvalidMessageError):
        parse_status([(name, value) for name, value in params if name not in ("MessageStatus", "SmsStatus")])


@relaxed
@given(st.one_of(st.binary(max_size=200), json_values.map(lambda value: json.dumps(value).encode())))
def test_t_z2_any_push_is_a_hint_or_refused(body: bytes) -> None:
    with pytest.raises(InvalidMessageError):
        parse_push(body)


MAKER = TokenMaker()
VERIFIER = PushVerifier(
    audience=AUDIENCE,
    service_account=SERVICE_ACCOUNT,
    fetch=lambda: read_certificates(MAKER.certificates_json(), "max-age=3600"),
)


@relaxed
@given(
    st.one_of(anything, st.from_regex(r"[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}", fullmatch=True))
)
def test_t_z2_no_random_token_is_believed(token: str) -> None:
    with pytest.raises((ForgedPushError, CertificatesUnavailableError)):
        VERIFIER.verify(token)


@relaxed
@given(st.sampled_from(["iss", "aud", "email", "email_verified"]), json_values)
def test_t_z2_no_other_claim_is_believed(name: str, value: object) -> None:
    assume(value is not None)
    assume((name, value) != ("email_verified", True))
    with pytest.raises(ForgedPushError):
        VERIFIER.verify(MAKER.genuine(**{name: value}))
