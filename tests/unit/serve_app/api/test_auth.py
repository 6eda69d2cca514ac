"""H11: which member of staff is calling."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from serve_app.api.base.auth import StaffKeys
from serve_app.api.base.errors import ApiError


def request(
    host: str = "127.0.0.1:8000", authorization: str | None = None, *, peer: str | None = "127.0.0.1", **more: str
) -> Request:
    """A call as the server sees it; `more` are headers, with underscores for hyphens."""
    headers = [(b"host", host.encode()), *((name.replace("_", "-").encode(), more[name].encode()) for name in more)]
    if authorization is not None:
        headers.append((b"authorization", authorization.encode()))
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers, "query_string": b"",
                    "scheme": "http", "server": ("127.0.0.1", 8000), "client": (peer, 5) if peer else None,
                    })  # fmt: skip


KEYS = StaffKeys.parse(
    "ann:the-key-of-ann-is-long, bob:a:key:with:many:colons,a-lonely-long-key", bound_to_loopback=False
)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Bearer the-key-of-ann-is-long", "ann"),
        ("bearer ann:the-key-of-ann-is-long", "ann"),
        ("Bearer a:key:with:many:colons", "bob"),
        ("Bearer a-lonely-long-key", "staff"),
    ],
)
def test_h11_a_key_names_its_holder(header: str, name: str) -> None:
    assert KEYS.require(request(authorization=header)) == name


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Bearer bob:the-key-of-ann-is-long",
        "Basic the-key-of-ann-is-long",
        "the-key-of-ann-is-long",
    ],
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


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("origin", [{}, {"origin": "http://127.0.0.1:8000"}])
def test_h11_without_keys_this_machines_browser_is_answered(peer: str, origin: dict[str, str]) -> None:
    keys = StaffKeys.parse(None, bound_to_loopback=True, public_base_url="http://127.0.0.1:8000")
    assert keys.require(request(peer=peer, **origin)) == "local"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ({"peer": "192.0.2.7"}, "another machine"),
        ({"peer": "::ffff:192.0.2.7"}, "another machine"),
        ({"peer": None}, "another machine"),
        ({"forwarded": "for=192.0.2.7"}, "header forwarded"),
        ({"x_forwarded_for": "127.0.0.1"}, "header x-forwarded-for"),
        ({"x_forwarded_host": "127.0.0.1"}, "header x-forwarded-host"),
        ({"x_forwarded_proto": "http"}, "header x-forwarded-proto"),
        ({"x_forwarded_port": "8000"}, "header x-forwarded-port"),
        ({"x_real_ip": "127.0.0.1"}, "header x-real-ip"),
        ({"via": "1.1 nginx"}, "header via"),
        ({"via": ""}, "header via"),
        ({"origin": "https://evil.example"}, "another origin"),
        ({"origin": "null"}, "another origin"),
        ({"origin": "http://127.0.0.1:3000"}, "another origin"),
        ({"host": "rebind.test"}, "another host"),
    ],
)
def test_h11_without_keys_a_call_from_beyond_this_machine_is_403_with_the_reason(
    call: dict[str, str], reason: str
) -> None:
    with pytest.raises(ApiError) as refused:
        StaffKeys.parse(None, bound_to_loopback=True).require(request(**call))
    assert refused.value.status == 403
    assert reason in refused.value.message
    assert "Set STAFF_API_KEY to name:key" in refused.value.message


@pytest.mark.parametrize("url", ["https://support.example.com", "http://192.0.2.1:8000", "http://127.0.0.1.example"])
def test_h11_with_a_public_address_a_key_is_needed_even_on_this_machine(url: str) -> None:
    keys = StaffKeys.parse(None, bound_to_loopback=True, public_base_url=url, operator_token="a-generated-token")
    with pytest.raises(ApiError, match="PUBLIC_BASE_URL"):
        keys.require(request())
    assert keys.require(request(authorization="Bearer a-generated-token", x_forwarded_for="192.0.2.7")) == "operator"


@pytest.mark.parametrize("text", ["ann:fifteen-letters", "fifteen-letters", "ann:a-key-of-sixteen,bob:short"])
def test_h11_a_short_key_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(ValueError, match="at least 16 are needed") as refused:
        StaffKeys.parse(text, bound_to_loopback=True)
    assert "fifteen" not in str(refused.value)
    assert "bob" in str(refused.value) or "bob" not in text


@pytest.mark.parametrize("text", ["ann:", ":key", "ann:key,bob:", ":"])
def test_h11_an_empty_key_never_opens_anything(text: str) -> None:
    with pytest.raises(ValueError, match="name:key pairs"):
        StaffKeys.parse(text, bound_to_loopback=True)


def test_our_own_commands_have_a_key_which_sets_up_no_staff() -> None:
    keys = StaffKeys.parse(None, bound_to_loopback=True, operator_token="a-generated-token")
    assert keys.require(request(authorization="Bearer a-generated-token")) == "operator"
    assert keys.require(request()) == "local"
