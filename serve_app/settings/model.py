"""Which language model answers, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

Price = Annotated[float, Field(ge=0)]


class ModelPrice(BaseModel):
    """What a provider takes for a million tokens, in one currency of your choice."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: Price
    output: Price


class ModelArgs(BaseModel):
    """Which language model answers; without key and base URL it is the embedded one."""

    model_config = ConfigDict(frozen=True)

    api_key: SecretStr | None = None
    base_url: str | None = None
    name: str = "gpt-4o"
    api: Literal["responses", "chat_completions"] = "responses"
    timeout_s: float = 20.0
    prices: Mapping[str, ModelPrice] = Field(default_factory=dict)

    @property
    def remote(self) -> bool:
        """True when a server is asked: a base URL without a key is still a remote model."""
        return self.api_key is not None or self.base_url is not None
