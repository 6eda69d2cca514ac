"""Channel metrics (H7), for the staff."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from db.measurement.metrics import ChannelFigures, channel_figures
from db.pool import acquire
from db.records import Channel
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.models import ChannelMetrics, ChannelReport, Figures, Period
from serve_app.api.base.routes import add_route, errors, json_response
from serve_app.api.staff.security import STAFF

SPANS = {
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "12h": timedelta(hours=12),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
}
_COUNTS = ("conversation_count", "message_volume", "escalation_count")


class ReportCalls:
    """Handler of /metrics/channels."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps

    async def channels(self, request: Request, period: Annotated[Period, Query()] = "24h") -> Response:
        """Show the metrics of every channel, also of one without traffic, over the period up to now."""
        await self._deps.staff.require(request)
        async with acquire(self._deps.pool) as database:
            rows = await channel_figures(database, self._deps.clock() - SPANS[period])
        found = {row.channel: row for row in rows}
        report = ChannelReport(
            period=period,
            channels=[ChannelMetrics(channel=name, **figures_of(found.get(name))) for name in get_args(Channel)],
            totals=Figures(**figures_of(found.get(None))),
        )
        return json_response(report)


def reports_router(deps: ApiDeps) -> APIRouter:
    """Return the route of the metrics."""
    calls = ReportCalls(deps)
    router = APIRouter(tags=["staff"], dependencies=[STAFF])
    add_route(
        router, "GET", "/metrics/channels", "/metrics/channels", calls.channels,
        summary="Figures of the channels", response_model=ChannelReport, responses=errors(400, 401, 403, 429, 503),
    )  # fmt: skip
    return router


def figures_of(row: ChannelFigures | None) -> dict[str, Any]:
    """Return the fields of `Figures`; of a channel without traffic for None."""
    if row is None:
        return {name: 0 if name in _COUNTS else None for name in Figures.model_fields}
    return {
        "conversation_count": row.conversations,
        "message_volume": row.messages,
        "average_sentiment": row.sentiment,
        "escalation_count": row.escalations,
        "escalation_rate": min(1.0, row.escalations / row.turns) if row.turns else None,
        "average_latency_ms": row.latency_ms,
        "p95_latency_ms": row.latency_p95_ms,
    }
