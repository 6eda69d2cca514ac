"""Model usage: requests and tokens of a conversation or a span of time, by model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.pool import Connection
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUsage:
    """The usage of a model; `turns` counts drafts that were asked for, too. Failed requests count without their tokens;
    the embedded model has no usage."""

    model: str
    turns: int
    requests: int
    input_tokens: int
    output_tokens: int

    def cost(self, *, input_price: float, output_price: float) -> float:
        """Return the cost at these prices per million tokens, in their currency."""
        return (self.input_tokens * input_price + self.output_tokens * output_price) / 1_000_000


async def of_conversation(connection: Connection, conversation_id: UUID) -> tuple[ModelUsage, ...]:
    """Return the usage of a conversation's turns; () without any."""
    return tuple(ModelUsage(**row) for row in await connection.fetch(_SQL["of_conversation"], conversation_id))


async def between(connection: Connection, since: datetime, until: datetime) -> tuple[ModelUsage, ...]:
    """Return the usage of all turns from `since` on and before `until` (both aware)."""
    return tuple(ModelUsage(**row) for row in await connection.fetch(_SQL["between"], since, until))
