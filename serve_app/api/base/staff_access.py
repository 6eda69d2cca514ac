"""Who of the staff is calling, with wrong keys counted by client address: guessing is refused after a few."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from starlette.requests import Request

from db.intake import rate_limits
from db.pool import Pool, acquire
from serve_app.api.base.auth import OPERATOR, StaffKeys, bearer
from serve_app.api.base.errors import ApiError, retry_after
from serve_app.api.base.limits import client_key
from serve_app.settings.values import RateLimit

FAILED_KEYS = RateLimit(hits=10, seconds=60)
"""Wrong staff keys of one address in a window; after them no key of it is looked at until the window ends."""
_COUNTED_AS = "staff-key"


class FailedKeys:
    """The wrong keys of each address, counted in the database for all replicas.

    The count in memory is the part of it that this replica has seen: an address without any costs no query, and it
    bounds a burst of calls that all wait for the database at once. `clock` is in seconds since the epoch.
    """

    def __init__(self, pool: Pool, limit: RateLimit = FAILED_KEYS, clock: Callable[[], float] = time.time) -> None:
        self._pool, self._limit, self._clock = pool, limit, clock
        self._window = 0
        self._seen: Counter[str] = Counter()

    async def refuse_guesser(self, address: str) -> None:
        """Raise ApiError 429 when the address has used up its wrong keys. Between its return and the comparison of the
        key nothing may be awaited."""
        stored = 0
        if self._seen_in_window()[address]:
            async with acquire(self._pool) as connection:
                stored = await rate_limits.hits(connection, self._key(address), seconds=self._limit.seconds)
        if max(stored, self._seen_in_window()[address]) >= self._limit.hits:
            rest = self._limit.seconds - self._clock() % self._limit.seconds
            message = "Too many wrong staff keys from your address; please wait"
            raise ApiError(429, message, headers=retry_after(rest))

    async def count(self, address: str) -> None:
        """Count a wrong key."""
        self._seen_in_window()[address] += 1
        async with acquire(self._pool) as connection:
            await rate_limits.count(connection, self._key(address), seconds=self._limit.seconds)

    def _seen_in_window(self) -> Counter[str]:
        window = int(self._clock() // self._limit.seconds)
        if window != self._window:
            self._window, self._seen = window, Counter()
        return self._seen

    @staticmethod
    def _key(address: str) -> str:
        return f"{_COUNTED_AS}:{address}"


class StaffAccess:
    """Tells who is calling. The operator token, which nobody can guess, is accepted whatever its address has tried."""

    def __init__(self, keys: StaffKeys, failed: FailedKeys) -> None:
        self._keys, self._failed = keys, failed

    async def holder(self, request: Request) -> str | None:
        """Return the name of the call's key, None without a right one. Raises ApiError 429 after too many wrong ones,
        and DatabaseUnavailableError when a wrong one can't be counted."""
        authorization = request.headers.get("authorization")
        if not bearer(authorization):
            return None
        if self._keys.is_operator(authorization):
            return OPERATOR
        if not self._keys.why_key_needed(request):
            return None
        address = client_key(request)
        await self._failed.refuse_guesser(address)
        name = self._keys.holder(authorization)
        if name is None:
            await self._failed.count(address)
        return name

    async def require(self, request: Request) -> str:
        """Return the name of the caller. Raises ApiError: 401 wrong or no key, 403 no key is configured, 429."""
        return await self.holder(request) or self._keys.without_key(request)
