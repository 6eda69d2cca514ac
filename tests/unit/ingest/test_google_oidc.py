"""H3, T-S1: a push is believed only with Google's signature, for our audience, from our service account."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingest.mail.push_token import (
    Certificates,
    CertificatesUnavailableError,
    ForgedPushError,
    PushVerifier,
    bearer_token,
    read_certificates,
)
from tests.fixtures.google_jwt import AUDIENCE, KEY_ID, SERVICE_ACCOUNT, TokenMaker

DATA = Path(__file__).parents[2] / "data" / "google_jwt" / "tokens.json"
TOKENS: list[dict[str, Any]] = json.loads(DATA.read_text())


class Google:
    """Google's certificate URL: what it answers, and how often it was asked."""

    def __init__(self, maker: TokenMaker) -> None:
        self.maker = maker
        self.key_ids: tuple[str, ...] = (KEY_ID,)
        self.cache_control: str | None = "public, max-age=3600, must-revalidate"
        self.down = False
        self.asked = 0

    def fetch(self) -> Certificates:
        self.asked += 1
        if self.down:
            raise CertificatesUnavailableError("503")
        return read_certificates(self.maker.certificates_json(*self.key_ids), self.cache_control)


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def maker() -> TokenMaker:
    return TokenMaker()


@pytest.fixture
def google(maker: TokenMaker) -> Google:
    return Google(maker)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verifier(google: Google, clock: Clock) -> PushVerifier:
    return PushVerifier(audience=AUDIENCE, service_account=SERVICE_ACCOUNT, fetch=google.fetch, clock=clock)


def test_t_s1_the_corpus_holds_30_tokens() -> None:
    assert len({token["name"] for token in TOKENS}) == len(TOKENS) >= 30


@pytest.mark.parametrize("entry", [token for token in TOKENS if token["genuine"]], ids=lambda entry: entry["name"])
def test_t_s1_googles_tokens_are_believed(entry: dict[str, Any], maker: TokenMaker, verifier: PushVerifier) -> None:
    verifier.verify(maker.make(entry))


@pytest.mark.parametrize("entry", [token for token in TOKENS if not token["genuine"]], ids=lambda entry: entry["name"])
def test_t_s1_forged_tokens_are_not(entry: dict[str, Any], maker: TokenMaker, verifier: PushVerifier) -> None:
    verifier.verify(maker.genuine())
    with pytest.raises(ForgedPushError):
        verifier.verify(maker.make(entry))


def test_h3_certificates_are_fetched_once_and_again_when_they_are_old(
    maker: TokenMaker, google: Google, clock: Clock, verifier: PushVerifier
) -> None:
    for _ in range(5):
        verifier.verify(maker.genuine())
    assert google.asked == 1
    clock.now += 3_599
    verifier.verify(maker.genuine())
    assert google.asked == 1
    clock.now += 2
    verifier.verify(maker.genuine())
    assert google.asked == 2


def test_h3_without_certificates_nobody_can_tell(maker: TokenMaker, google: Google, verifier: PushVerifier) -> None:
    google.down = True
    with pytest.raises(CertificatesUnavailableError):
        verifier.verify(maker.genuine())


def test_h3_old_certificates_serve_until_their_time_is_over(
    maker: TokenMaker, google: Google, clock: Clock, verifier: PushVerifier
) -> None:
    verifier.verify(maker.genuine())
    google.down = True
    clock.now += 3_000
    verifier.verify(maker.genuine())
    clock.now += 1_000
    with pytest.raises(CertificatesUnavailableError):
        verifier.verify(maker.genuine())


def test_h3_a_failing_certificate_url_is_not_asked_for_every_push(
    maker: TokenMaker, google: Google, clock: Clock, verifier: PushVerifier
) -> None:
    google.down = True
    for _ in range(10):
        with pytest.raises(CertificatesUnavailableError):
            verifier.verify(maker.genuine())
    assert google.asked == 1
    google.down = False
    clock.now += 6
    verifier.verify(maker.genuine())


def test_h3_a_new_key_of_googles_is_found(
    maker: TokenMaker, google: Google, clock: Clock, verifier: PushVerifier
) -> None:
    verifier.verify(maker.genuine())
    google.key_ids = (KEY_ID, "key-2")
    clock.now += 61
    verifier.verify(maker.make({"header": {"kid": "key-2"}}))
    assert google.asked == 2


def test_h3_unknown_key_ids_do_not_become_requests(
    maker: TokenMaker, google: Google, clock: Clock, verifier: PushVerifier
) -> None:
    verifier.verify(maker.genuine())
    for n in range(20):
        clock.now += 1
        with pytest.raises(ForgedPushError):
            verifier.verify(maker.make({"signer": "stranger", "header": {"kid": f"key-{n + 50}"}}))
    assert google.asked == 1


def test_h3_what_cannot_be_googles_is_refused_before_anything_is_fetched(
    maker: TokenMaker, google: Google, verifier: PushVerifier
) -> None:
    for entry in ({"change": "words"}, {"signer": "none", "header": {"alg": "none"}}, {"header": {"kid": None}}):
        with pytest.raises(ForgedPushError):
            verifier.verify(maker.make(entry))
    assert google.asked == 0


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [
        ("public, max-age=22222, must-revalidate, no-transform", 22_222),
        ("Max-Age = 300", 300),
        ("max-age=1", 60),
        ("max-age=99999999", 86_400),
        ("no-store", 60),
        (None, 60),
    ],
)
def test_h3_max_age_is_respected_within_reason(maker: TokenMaker, cache_control: str | None, seconds: float) -> None:
    assert read_certificates(maker.certificates_json(), cache_control).max_age_s == seconds


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b"null", b'{"k": 1}', b'{"k": "no certificate"}', b"\xff"]
)
def test_h3_an_answer_without_certificates_is_none(body: bytes) -> None:
    with pytest.raises(CertificatesUnavailableError):
        read_certificates(body, None)


def test_h3_the_token_is_taken_from_the_authorization_header() -> None:
    assert bearer_token("Bearer abc.def.ghi") == "abc.def.ghi"
    assert bearer_token("bearer  abc ") == "abc"
    for header in (None, "", "Bearer", "Bearer ", "Basic abc", "abc"):
        with pytest.raises(ForgedPushError):
            bearer_token(header)
