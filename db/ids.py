"""Keys that sort by the time they were made (UUIDv7, RFC 9562), so that a B-tree grows at one end."""

from __future__ import annotations

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """Return a new UUIDv7 as the standard library's UUID."""
    return UUID(int=uuid_utils.uuid7().int)
