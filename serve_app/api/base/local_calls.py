"""Whether a call comes from this machine itself: from its own browser or command, and through no proxy.

A proxy on the same machine calls from a loopback address too, for strangers; what gives it away is what it adds.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from starlette.requests import Request

FORWARDING_HEADERS = frozenset({"forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"})
"""Beside all that begin with X-Forwarded: headers by which a proxy shows that it passes on somebody else's call."""


def why_not_local(request: Request) -> str:
    """Return what shows that the call does not come from this machine itself, '' when nothing does."""
    if not is_loopback(request.client.host if request.client else ""):
        return "the call comes from another machine"
    if header := next(filter(_forwards, request.headers), None):
        return f"the call came through a proxy (its header {header})"
    # DNS rebinding: a foreign page whose host name resolves to 127.0.0.1 sends that name as Host.
    if not is_loopback(request.url.hostname or ""):
        return "the call names another host than this machine"
    origin = request.headers.get("origin")
    if origin not in (None, f"{request.url.scheme}://{request.url.netloc}"):
        return "the call comes from a web page of another origin"
    return ""


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine's loopback."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def _forwards(header: str) -> bool:
    return header.startswith("x-forwarded") or header in FORWARDING_HEADERS
