"""Who of the staff is calling, by key or session. Wrong keys are counted by client address: guessing ends, a right key
passes."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable

from starlette.requests import Request

from db.intake import rate_limits
from db.pool import Pool, acquire
from serve_app.api.base.auth import OPERATOR, StaffKeys, bearer
from serve_app.api.base.errors import ApiError, retry_after
from serve_app.api.base.limits import client_key
from serve_app.api.base.staff_session import StaffSessions
from serve_app.settings.values import RateLimit

FAILED_KEYS = RateLimit(hits=10, seconds=600)
"""Different wrong staff keys of one address in a window; further wrong ones are 429, a right one passes."""
GUESSED = 100
"""Different wrong keys after which no key of the address is looked at until the window ends.

Who still learns whether a guess is right can guess: so there has to be an end, at which a right key is refused like any
other. It is far enough for a right key not to be caught by others' mistakes behind the same address, and the same key
sent again, as by a page that was left open, counts once. A guesser has ten tries a minute on average.
"""
_COUNTED_AS = "staff-key"


class FailedKeys:
    """The wrong keys of each address, counted in the database for all replicas.

    Those in memory are the ones that this replica has seen: an address without any costs no query, and they bound a
    burst of calls that all wait for the database at once. They are kept as hashes. `clock` is in seconds since the
    epoch.
    """

    def __init__(self, pool: Pool, limit: RateLimit = FAILED_KEYS, clock: Callable[[], float] = time.time) -> None:
        self._pool, self._limit, self._clock = pool, limit, clock
        self._window = 0
        self._seen: defaultdict[str, set[int]] = defaultdict(set)

    async def refuse_guesser(self, address: str) -> None:
        """Raise ApiError 429 when the address has tried GUESSED wrong keys. Between its return and the comparison of
        the key nothing may be awaited."""
        stored = 0
        if address in self._seen_in_window():
            async with acquire(self._pool) as connection:
                stored = await rate_limits.hits(connection, self._key(address), seconds=self._limit.seconds)
        if max(stored, self._number_seen(address)) >= GUESSED:
            raise self._refused()

    async def count(self, address: str, key: str) -> None:
        """Count a wrong key, once however often it comes. Raises ApiError 429 when it is one too many."""
        seen = self._seen_in_window()[address]
        is_new = hash(key) not in seen
        seen.add(hash(key))
        number = len(seen)
        if is_new:
            async with acquire(self._pool) as connection:
                counted = await rate_limits.count(connection, self._key(address), seconds=self._limit.seconds)
                number = max(number, counted.hits)
        if number > self._limit.hits:
            raise self._refused()

    def _refused(self) -> ApiError:
        rest = self._limit.seconds - self._clock() % self._limit.seconds
        return ApiError(429, "Too many wrong staff keys from your address; please wait", headers=retry_after(rest))

    def _number_seen(self, address: str) -> int:
        return len(self._seen_in_window().get(address, ()))

    def _seen_in_window(self) -> defaultdict[str, set[int]]:
        window = int(self._clock() // self._limit.seconds)
        if window != self._window:
            self._window, self._seen = window, defaultdict(set)
        return self._seen

    @staticmethod
    def _key(address: str) -> str:
        return f"{_COUNTED_AS}:{address}"


class StaffAccess:
    """Tells who is calling. The operator token, which nobody can guess, is accepted whatever its address has tried.

    `sessions` None: only keys are accepted, as by the MCP server, which has no pages.
    """

    def __init__(self, keys: StaffKeys, failed: FailedKeys, sessions: StaffSessions | None = None) -> None:
        self._keys, self._failed, self.sessions = keys, failed, sessions

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
            await self._failed.count(address, bearer(authorization))
        return name

    def in_session(self, request: Request) -> str | None:
        """Return whose session the call carries; None without one, or where the call carries a key, which goes first.
        Raises ApiError 403 for a change that another page asks for."""
        if self.sessions is None or bearer(request.headers.get("authorization")):
            return None
        return self.sessions.name(request)

    async def require(self, request: Request) -> str:
        """Return the name of the caller. Raises ApiError: 401 wrong or no key, 403 no key is configured, 429."""
        return self.in_session(request) or await self.holder(request) or self._keys.without_key(request)
