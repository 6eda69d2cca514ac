"""How we are (H6): the whole, and the two probes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from db.operations.health import NodeReport, node_reports
from db.pool import DatabaseUnavailableError, acquire
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import DATABASE_RETRY_SECONDS, error_response, request_id, retry_after
from serve_app.api.base.models import Component, Components, HealthView, ProbeView, Unhealthy
from serve_app.api.base.routes import add_both, errors, json_response

DATABASE_SECONDS = 2.0
SILENT_SECONDS = 30.0
_WORST_FIRST = ("unhealthy", "degraded", "healthy")
_log = structlog.get_logger(__name__)


class HealthCalls:
    """The handlers. Probes ask the database anew; those that come while one is asking share its answer."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps
        self._asking: asyncio.Task[list[NodeReport] | None] | None = None

    async def health(self, request: Request) -> Response:
        """Say how every part is. Degraded is still ready: forms are accepted and answered later."""
        reports = await self._reports()
        components = Components(
            database=_database(reports),
            kafka=self._kafka(),
            gmail=self._gmail(reports),
            whatsapp=self._whatsapp(reports),
            agent=_node("agent", reports),
        )
        body: dict[str, Any] = {
            "components": components,
            "version": self._deps.version,
            "timestamp": self._deps.clock(),
        }
        if reports is None:
            message = "The database does not answer"
            told = {"error": "UNHEALTHY", "message": message, "request_id": request_id(request.scope)}
            answer = json_response(Unhealthy(status="unhealthy", **body, **told), 503)
            answer.headers.update(retry_after(DATABASE_RETRY_SECONDS))
            return answer
        return json_response(HealthView(status="degraded" if _degraded(components) else "healthy", **body))

    async def live(self) -> Response:
        """Say that this process answers; it asks nobody else."""
        return json_response(ProbeView(status="alive"))

    async def ready(self, request: Request) -> Response:
        """Say whether calls can be served: the database answers."""
        if await self._reports() is None:
            headers = retry_after(DATABASE_RETRY_SECONDS)
            return error_response(request.scope, 503, "The database does not answer", code="NOT_READY", headers=headers)
        return json_response(ProbeView(status="ready"))

    async def _reports(self) -> list[NodeReport] | None:
        """Return what the nodes said of themselves, None when the database does not answer in time."""
        # A task of its own: to cancel a query on a database that hangs takes longer than a probe waits.
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        done, _ = await asyncio.wait({self._asking}, timeout=DATABASE_SECONDS)
        return self._asking.result() if done else None

    async def _ask(self) -> list[NodeReport] | None:
        try:
            async with acquire(self._deps.pool) as database:
                return await node_reports(database)
        except DatabaseUnavailableError as error:
            _log.warning("health_without_database", cause=str(error))
            return None

    def _kafka(self) -> Component:
        relay = self._deps.relay
        return Component(
            status="healthy" if relay.connected else "degraded", detail=relay.detail or "the broker takes records"
        )

    def _gmail(self, reports: Sequence[NodeReport] | None) -> Component:
        gmail = self._deps.gmail
        if gmail.missing or "email" not in self._deps.enabled_channels:
            return _channel_off("email", "Gmail", self._deps.enabled_channels)
        return self._channel("email", "Gmail", reports, stands_at=gmail.api_base_url)

    def _whatsapp(self, reports: Sequence[NodeReport] | None) -> Component:
        twilio = self._deps.twilio
        if twilio.missing or "whatsapp" not in self._deps.enabled_channels:
            return _channel_off("whatsapp", "WhatsApp", self._deps.enabled_channels)
        return self._channel("whatsapp", "Twilio", reports, stands_at=twilio.api_base_url)

    def _channel(
        self, channel: str, provider: str, reports: Sequence[NodeReport] | None, *, stands_at: str | None
    ) -> Component:
        """A channel with a provider is what delivery last heard of it; whoever is in its provider's place is named."""
        told = _node(channel, reports, name=f"{channel} sender")
        if stands_at is None:
            return told
        page = self._deps.demo_channels_url
        where = f"a stand-in for {provider}: write to it at {page}" if page else f"at {stands_at}"
        return Component(status=told.status, detail=f"{told.detail} ({where})")


def health_router(deps: ApiDeps) -> APIRouter:
    """Return the health calls."""
    calls = HealthCalls(deps)
    router = APIRouter(tags=["health"])
    down = {503: {"model": Unhealthy, "description": "The database does not answer"}}
    add_both(
        router, "GET", "/health", "/health", calls.health,
        summary="Health of every part", response_model=HealthView, responses=down,
    )  # fmt: skip
    add_both(
        router, "GET", "/health/live", "/health/live", calls.live,
        summary="Live probe", response_model=ProbeView,
    )  # fmt: skip
    add_both(
        router, "GET", "/health/ready", "/health/ready", calls.ready,
        summary="Ready probe", response_model=ProbeView, responses=errors(503),
    )  # fmt: skip
    return router


def _database(reports: Sequence[NodeReport] | None) -> Component:
    if reports is None:
        return Component(status="unhealthy", detail="PostgreSQL does not answer; calls get 503 until it does")
    return Component(status="healthy", detail="PostgreSQL answers")


def _channel_off(channel: str, name: str, enabled: Sequence[str]) -> Component:
    reason = "no credentials are configured" if channel in enabled else "not among ENABLED_CHANNELS"
    return Component(status="off", detail=f"{name} is off: {reason}")


def _node(node: str, reports: Sequence[NodeReport] | None, *, name: str = "") -> Component:
    """A node is what the worst of its living replicas says; replicas that fell silent have been replaced."""
    name = name or f"{node} node"
    mine = [report for report in reports or () if report.node == node]
    if not mine:
        return Component(status="degraded", detail=f"no word from the {name} yet")
    heard = [report for report in mine if report.age <= SILENT_SECONDS]
    if not heard:
        silent = min(report.age for report in mine)
        return Component(status="degraded", detail=f"no word from the {name} for {silent:.0f} s")
    worst = min(heard, key=lambda report: _WORST_FIRST.index(report.status))
    return Component(status=worst.status, detail=worst.detail or f"{len(heard)} replica(s) of the {name}")


def _degraded(components: Components) -> bool:
    parts = (components.kafka, components.gmail, components.whatsapp, components.agent)
    return any(part.status not in ("healthy", "off") for part in parts)
