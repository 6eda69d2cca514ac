"""Work on more rows than one statement may lock: in batches, each a transaction of its own, until nothing is left."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from db.pool import Connection, Pool, acquire


async def in_batches(pool: Pool, step: Callable[[Connection], Awaitable[int]], *, size: int) -> int:
    """Repeat `step`, which does up to `size` and returns how many, until it does fewer; return how many in all.

    After each step it rests for as long as the step took, so that half of the time belongs to other work, however much
    there is to do. Raises DatabaseUnavailableError; what was done stays done.
    """
    total = 0
    while True:
        began = time.monotonic()
        async with acquire(pool) as connection:
            done = await step(connection)
        total += done
        if done < size:
            return total
        await asyncio.sleep(time.monotonic() - began)
