"""What the language models were used for and what that cost (M4), for the staff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from db.measurement import usage
from db.measurement.usage import ModelUsage
from db.pool import acquire
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.models import Period
from serve_app.api.base.routes import add_route, errors, json_response
from serve_app.api.staff.reports import SPANS
from serve_app.api.staff.security import STAFF
from serve_app.settings.model import ModelPrice


class UsageView(BaseModel):
    """Requests and tokens of one model. The embedded model uses no tokens and is not listed."""

    model: str
    turns: int
    requests: int
    input_tokens: int
    output_tokens: int
    cost: float | None = Field(description="At the price in OPENAI_PRICES; null where none is set for this model")


class UsageReport(BaseModel):
    """The use of language models in a period, by model."""

    period: Period
    usage: list[UsageView]


class UsageCalls:
    """Handler of /metrics/usage."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps

    async def report(self, request: Request, period: Annotated[Period, Query()] = "24h") -> Response:
        """Show what the agent's turns and the drafts that were asked for took, over the period up to now."""
        await self._deps.staff.require(request)
        until = self._deps.clock()
        async with acquire(self._deps.pool) as database:
            used = await usage.between(database, until - SPANS[period], until)
        return json_response(UsageReport(period=period, usage=priced(used, self._deps.prices)))


def priced(used: Iterable[ModelUsage], prices: Mapping[str, ModelPrice]) -> list[UsageView]:
    """Return the usage with its cost, where the model has a price."""
    return [UsageView(**asdict(one), cost=cost_of(one, prices)) for one in used]


def cost_of(used: ModelUsage, prices: Mapping[str, ModelPrice]) -> float | None:
    """Return what this cost, None for a model without a price."""
    price = prices.get(used.model)
    return used.cost(input_price=price.input, output_price=price.output) if price else None


def usage_router(deps: ApiDeps) -> APIRouter:
    """Return the route of the report."""
    calls = UsageCalls(deps)
    router = APIRouter(tags=["staff"], dependencies=[STAFF])
    add_route(
        router, "GET", "/metrics/usage", "/metrics/usage", calls.report,
        summary="Use and cost of models", response_model=UsageReport, responses=errors(400, 401, 403, 429, 503),
    )  # fmt: skip
    return router
