"""Rate limits by client address, counted in the database that all replicas share."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import Request

from db.intake import rate_limits
from db.pool import Connection
from serve_app.api.base.errors import ApiError, retry_after
from serve_app.settings.values import RateLimit

IPV6_PREFIX = 64  # providers assign a household at least this much, so a limit on single addresses would be none


def client_key(request: Request) -> str:
    """Return the client's IPv4 address or IPv6 /64, which is the peer's or the one that a trusted proxy forwards."""
    host = request.client.host if request.client else "unknown"
    try:
        address = ip_address(host)
    except ValueError:
        return host[:64]
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, IPV6_PREFIX), strict=False))
    return str(address)


async def count_call(connection: Connection, request: Request, what: str, limit: RateLimit) -> None:
    """Count this call under `what`. Raises ApiError 429 with Retry-After when the client has used up the window."""
    window = await rate_limits.count(connection, f"{what}:{client_key(request)}", seconds=limit.seconds)
    if window.hits > limit.hits:
        raise ApiError(429, "Too many calls from your address; please wait", headers=retry_after(window.ends_in))
