"""GET /health: the status of every component (H6), and the two probes below it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from db.operations.health import NodeReport, node_reports
from db.pool import DatabaseUnavailableError, acquire
from db.records import Channel
from serve_app.api.base.channels import NAMES
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import DATABASE_RETRY_SECONDS, error_response, request_id, retry_after
from serve_app.api.base.models import Component, Components, HealthView, ProbeView, Unhealthy
from serve_app.api.base.routes import add_route, errors, json_response

DATABASE_SECONDS = 2.0
SILENT_SECONDS = 30.0
NO_DATABASE = "The database does not answer"
_WORST_FIRST = ("unhealthy", "degraded", "healthy")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """What the database says: the nodes' last reports, and why channels are off."""

    reports: list[NodeReport]
    off: Mapping[Channel, str]


class HealthCalls:
    """Handlers of /health. Each call queries the database; calls that come during a query share its result."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps
        self._query: asyncio.Task[_Stored | None] | None = None

    async def health(self, request: Request) -> Response:
        """Show the status of every component. Degraded is still ready: forms are accepted and answered later."""
        stored = await self._stored()
        reports, off = (stored.reports, stored.off) if stored else (None, {})
        components = Components(
            database=_database(reports),
            kafka=self._kafka(),
            gmail=self._gmail(reports, off),
            whatsapp=self._whatsapp(reports, off),
            web_form=_web_form(off),
            agent=_node("agent", reports),
        )
        body: dict[str, Any] = {
            "components": components,
            "version": self._deps.version,
            "timestamp": self._deps.clock(),
        }
        if reports is None:
            error = {"error": "UNHEALTHY", "message": NO_DATABASE, "request_id": request_id(request.scope)}
            response = json_response(Unhealthy(status="unhealthy", **body, **error), 503)
            response.headers.update(retry_after(DATABASE_RETRY_SECONDS))
            return response
        others = (components.kafka, components.gmail, components.whatsapp, components.web_form, components.agent)
        degraded = any(component.status not in ("healthy", "off") for component in others)
        return json_response(HealthView(status="degraded" if degraded else "healthy", **body))

    async def live(self) -> Response:
        """Answer that this process runs; nothing else is checked."""
        return json_response(ProbeView(status="alive"))

    async def ready(self, request: Request) -> Response:
        """Answer whether calls can be served, which takes a database that answers."""
        if await self._stored() is None:
            headers = retry_after(DATABASE_RETRY_SECONDS)
            return error_response(request.scope, 503, NO_DATABASE, code="NOT_READY", headers=headers)
        return json_response(ProbeView(status="ready"))

    async def _stored(self) -> _Stored | None:
        """Return what the database says, None when it does not answer in time."""
        # A task that is not cancelled: cancelling a query of a database that hangs takes longer than a probe waits.
        if self._query is None or self._query.done():
            self._query = asyncio.create_task(self._read())
        done, _ = await asyncio.wait({self._query}, timeout=DATABASE_SECONDS)
        return self._query.result() if done else None

    async def _read(self) -> _Stored | None:
        try:
            off = await self._deps.channels.reasons()
            async with acquire(self._deps.pool) as database:
                return _Stored(reports=await node_reports(database), off=off)
        except DatabaseUnavailableError as error:
            _log.warning("health_without_database", cause=str(error))
            return None

    def _kafka(self) -> Component:
        relay = self._deps.relay
        return Component(
            status="healthy" if relay.connected else "degraded", detail=relay.detail or "the broker takes records"
        )

    def _gmail(self, reports: Sequence[NodeReport] | None, off: Mapping[Channel, str]) -> Component:
        gmail = self._deps.gmail
        if reason := off.get("email") or _no_credentials(gmail.missing):
            return _channel_off("email", reason)
        return self._channel("email", "Gmail", reports, base_url=gmail.api_base_url)

    def _whatsapp(self, reports: Sequence[NodeReport] | None, off: Mapping[Channel, str]) -> Component:
        twilio = self._deps.twilio
        if reason := off.get("whatsapp") or _no_credentials(twilio.missing):
            return _channel_off("whatsapp", reason)
        return self._channel("whatsapp", "Twilio", reports, base_url=twilio.api_base_url)

    def _channel(
        self, channel: str, provider: str, reports: Sequence[NodeReport] | None, *, base_url: str | None
    ) -> Component:
        """The status that the channel's sender last reported; the detail names a stand-in for the provider."""
        reported = _node(channel, reports, name=f"{channel} sender")
        if base_url is None:
            return reported
        page = self._deps.demo_channels_url
        where = f"a stand-in for {provider}: write to it at {page}" if page else f"at {base_url}"
        return Component(status=reported.status, detail=f"{reported.detail} ({where})")


def health_router(deps: ApiDeps) -> APIRouter:
    """Return the routes of /health."""
    calls = HealthCalls(deps)
    router = APIRouter(tags=["health"])
    down = {503: {"model": Unhealthy, "description": NO_DATABASE}}
    add_route(
        router, "GET", "/health", "/health", calls.health,
        summary="Health of every part", response_model=HealthView, responses=down,
    )  # fmt: skip
    add_route(
        router, "GET", "/health/live", "/health/live", calls.live,
        summary="Live probe", response_model=ProbeView,
    )  # fmt: skip
    add_route(
        router, "GET", "/health/ready", "/health/ready", calls.ready,
        summary="Ready probe", response_model=ProbeView, responses=errors(503),
    )  # fmt: skip
    return router


def _database(reports: Sequence[NodeReport] | None) -> Component:
    if reports is None:
        return Component(status="unhealthy", detail="PostgreSQL does not answer; calls get 503 until it does")
    return Component(status="healthy", detail="PostgreSQL answers")


def _web_form(off: Mapping[Channel, str]) -> Component:
    reason = off.get("web_form")
    return _channel_off("web_form", reason) if reason else Component(status="healthy", detail="forms are accepted")


def _no_credentials(missing: Sequence[str]) -> str:
    return "no credentials are configured" if missing else ""


def _channel_off(channel: Channel, reason: str) -> Component:
    return Component(status="off", detail=f"{NAMES[channel]} is off: {reason}")


def _node(node: str, reports: Sequence[NodeReport] | None, *, name: str = "") -> Component:
    """The worst status of a node's replicas, but for those that have been silent: Serve has replaced them."""
    name = name or f"{node} node"
    all_reports = [report for report in reports or () if report.node == node]
    if not all_reports:
        return Component(status="degraded", detail=f"no word from the {name} yet")
    recent = [report for report in all_reports if report.age <= SILENT_SECONDS]
    if not recent:
        silent = min(report.age for report in all_reports)
        return Component(status="degraded", detail=f"no word from the {name} for {silent:.0f} s")
    worst = min(recent, key=lambda report: _WORST_FIRST.index(report.status))
    return Component(status=worst.status, detail=worst.detail or f"{len(recent)} replica(s) of the {name}")
