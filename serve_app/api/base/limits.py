"""How often one client address may call, counted in the database that all replicas share."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import Request

from db.intake import rate_limits
from db.pool import Connection
from serve_app.api.base.errors import ApiError, retry_after
from serve_app.settings.values import RateLimit

IPV6_HOUSEHOLD = 64  # a provider gives a household at least this prefix, so an address alone would be no limit


def client_key(request: Request) -> str:
    """Return what stands for the caller: the address, of IPv6 the /64 (the peer's, or what a trusted proxy says)."""
    host = request.client.host if request.client else "unknown"
    try:
        address = ip_address(host)
    except ValueError:
        return host[:64]
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, IPV6_HOUSEHOLD), strict=False))
    return str(address)


async def count_call(connection: Connection, request: Request, what: str, limit: RateLimit) -> None:
    """Count this call. Raises ApiError 429 with Retry-After when the caller has used up the window."""
    window = await rate_limits.count(connection, f"{what}:{client_key(request)}", seconds=limit.seconds)
    if window.hits > limit.hits:
        raise ApiError(429, "Too many calls from your address; please wait", headers=retry_after(window.ends_in))
