"""H12: which callers share one limit."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from serve_app.api.base.limits import client_key


def key(host: str | None) -> str:
    """The key of a caller at this address."""
    return client_key(Request({"type": "http", "headers": [], "client": (host, 1234) if host else None}))


def test_h12_an_address_is_one_caller() -> None:
    assert key("192.0.2.1") == "192.0.2.1" != key("192.0.2.2")


def test_h12_an_ipv6_household_is_one_caller() -> None:
    assert key("2001:db8:1:2::1") == key("2001:db8:1:2:ffff::9") != key("2001:db8:1:3::1")


def test_h12_an_ipv4_address_is_the_same_in_ipv6_writing() -> None:
    assert key("::ffff:192.0.2.1") == key("192.0.2.1")


@pytest.mark.parametrize("host", [None, "unix-socket", "x" * 500])
def test_h12_a_malformed_address_has_a_bounded_key(host: str | None) -> None:
    assert 0 < len(key(host)) <= 64
