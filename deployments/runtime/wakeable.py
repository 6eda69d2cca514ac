"""What publishes committed events, as those see it who commit them."""

from __future__ import annotations

from typing import Protocol


class Wakeable(Protocol):
    """Publishes committed events soon after it is woken; as ingest.bus.relay."""

    def wake(self) -> None: ...
