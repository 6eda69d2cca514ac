"""H11: who of the staff is calling."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from serve_app.api.base.auth import StaffKeys
from serve_app.api.base.errors import ApiError


def request(host: str = "127.0.0.1:8000", authorization: str | None = None) -> Request:
    """A call as the server sees it."""
    headers = [(b"host", host.encode())]
    if authorization is not None:
        headers.append((b"authorization", authorization.encode()))
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers, "query_string": b"",
                    "scheme": "http", "server": ("127.0.0.1", 8000)})  # fmt: skip


KEYS = StaffKeys.parse("ann:key-of-ann, bob:k:with:colons,lonely", bound_to_loopback=False)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Bearer key-of-ann", "ann"),
        ("bearer ann:key-of-ann", "ann"),
        ("Bearer k:with:colons", "bob"),
        ("Bearer lonely", "staff"),
    ],
)
def test_h11_a_key_names_its_holder(header: str, name: str) -> None:
    assert KEYS.require(request(authorization=header)) == name


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Bearer bob:key-of-ann", "Basic key-of-ann", "key-of-ann"]
)
def test_h11_any_other_header_is_401(header: str | None) -> None:
    with pytest.raises(ApiError) as refused:
        KEYS.require(request(authorization=header))
    assert refused.value.status == 401
    assert refused.value.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000"])
def test_h11_without_keys_a_server_on_loopback_answers(host: str) -> None:
    assert StaffKeys.parse(None, bound_to_loopback=True).require(request(host)) == "local"


@pytest.mark.parametrize(
    ("loopback", "host"), [(False, "127.0.0.1"), (True, "support.example.com"), (True, "rebind.test")]
)
def test_h11_without_keys_nobody_else_is_answered(loopback: bool, host: str) -> None:
    with pytest.raises(ApiError) as refused:
        StaffKeys.parse("", bound_to_loopback=loopback).require(request(host))
    assert refused.value.status == 403


@pytest.mark.parametrize("text", ["ann:", ":key", "ann:key,bob:", ":"])
def test_h11_an_empty_key_never_opens_anything(text: str) -> None:
    with pytest.raises(ValueError, match="name:key pairs"):
        StaffKeys.parse(text, bound_to_loopback=True)


def test_our_own_commands_have_a_key_which_sets_up_no_staff() -> None:
    keys = StaffKeys.parse(None, bound_to_loopback=True, operator_token="generated-token")
    assert keys.require(request(authorization="Bearer generated-token")) == "operator"
    assert keys.require(request()) == "local"
