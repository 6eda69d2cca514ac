"""What the models were asked and how much of it: requests and tokens of a conversation or a day, by model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.pool import Connection
from db.sql import statements

_SQL = statements(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUsage:
    """What one model was asked. Requests that failed count, their tokens are unknown; the embedded model has none."""

    model: str
    turns: int
    requests: int
    input_tokens: int
    output_tokens: int

    def cost(self, *, input_price: float, output_price: float) -> float:
        """Return what it cost at these prices of a million tokens, in their currency."""
        return (self.input_tokens * input_price + self.output_tokens * output_price) / 1_000_000


async def of_conversation(connection: Connection, conversation_id: UUID) -> tuple[ModelUsage, ...]:
    """Return the usage of a conversation's turns; () when no model was asked."""
    return tuple(ModelUsage(**row) for row in await connection.fetch(_SQL["of_conversation"], conversation_id))


async def of_day(connection: Connection, day: datetime) -> tuple[ModelUsage, ...]:
    """Return the usage of all conversations in the 24 hours from `day` (aware) on."""
    return tuple(ModelUsage(**row) for row in await connection.fetch(_SQL["of_day"], day))
