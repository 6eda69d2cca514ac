"""The language model: how it is reached, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from deployments.agent.models.settings import MODEL, MODEL_API, MODEL_TIMEOUT_S, ModelApi

Price = Annotated[float, Field(ge=0)]


class ModelPrice(BaseModel):
    """The price of a million tokens, in the currency in which the costs are to be shown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: Price
    output: Price


class ModelArgs(BaseModel):
    """The language model; without key and base URL the embedded one answers. `timeout_s` bounds one request."""

    model_config = ConfigDict(frozen=True)

    api_key: SecretStr | None = None
    base_url: str | None = None
    name: str = MODEL
    api: ModelApi = MODEL_API
    timeout_s: float = MODEL_TIMEOUT_S
    prices: Mapping[str, ModelPrice] = Field(default_factory=dict)
