"""GET /health: the status of every component (H6), and the two probes below it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from db.operations.health import node_reports
from db.pool import DatabaseUnavailableError, acquire
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import DATABASE_RETRY_SECONDS, error_response, request_id, retry_after
from serve_app.api.base.models import (
    Component,
    Components,
    ComponentStatus,
    HealthView,
    ProbeView,
    ReadyView,
    Unhealthy,
)
from serve_app.api.base.routes import add_route, errors, json_response
from serve_app.api.components import NODES, Reported, channel_off

DATABASE_SECONDS = 2.0
NO_DATABASE = "The database does not answer"
_WORKING: tuple[ComponentStatus, ...] = ("healthy", "off")
_log = structlog.get_logger(__name__)


class HealthCalls:
    """Handlers of /health. Each call queries the database; calls that come during a query share its result."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps
        self._channels = deps.channels.over(deps.probes)
        self._query: asyncio.Task[Reported | None] | None = None

    async def health(self, request: Request) -> Response:
        """Show the status of every component. Degraded is still ready: forms are accepted and answered later."""
        reported = await self._reported()
        components = self._components(reported)
        body: dict[str, Any] = {
            "components": components,
            "alerts": reported.alerts if reported else [],
            "consumer_lag": reported.lag if reported else None,
            "version": self._deps.version,
            "timestamp": self._deps.clock(),
        }
        if reported is None:
            error = {"error": "UNHEALTHY", "message": NO_DATABASE, "request_id": request_id(request.scope)}
            response = json_response(Unhealthy(status="unhealthy", **body, **error), 503)
            response.headers.update(retry_after(DATABASE_RETRY_SECONDS))
            return response
        return json_response(HealthView(status="degraded" if _problems(components) else "healthy", **body))

    async def live(self) -> Response:
        """Answer that this process runs; nothing else is checked."""
        return json_response(ProbeView(status="alive"))

    async def ready(self, request: Request) -> Response:
        """Answer whether calls can be served, which takes a database that answers, and what else does not work."""
        reported = await self._reported()
        if reported is None:
            headers = retry_after(DATABASE_RETRY_SECONDS)
            return error_response(request.scope, 503, NO_DATABASE, code="NOT_READY", headers=headers)
        return json_response(ReadyView(status="ready", problems=_problems(self._components(reported))))

    def _components(self, reported: Reported | None) -> Components:
        seen = reported or Reported(reports=(), off={}, silent_s=self._deps.silent_s, known=False)
        return Components(
            database=_database(reported),
            kafka=self._kafka(),
            gmail=self._gmail(seen),
            whatsapp=self._whatsapp(seen),
            web_form=_web_form(seen),
            **{node: seen.node(node) for node in NODES},
        )

    async def _reported(self) -> Reported | None:
        """Return what the database says, None when it does not answer in time."""
        # A task that is not cancelled: cancelling a query of a database that hangs takes longer than a probe waits.
        if self._query is None or self._query.done():
            self._query = asyncio.create_task(self._read())
        query = self._query  # by the time that it is done, another call may have begun the next
        done, _ = await asyncio.wait({query}, timeout=DATABASE_SECONDS)
        return query.result() if done else None

    async def _read(self) -> Reported | None:
        try:
            off, unconfigured = await self._channels.reasons(), await self._channels.unconfigured()
            async with acquire(self._deps.probes) as database:
                reports = await node_reports(database)
        except DatabaseUnavailableError as error:
            _log.warning("health_without_database", cause=str(error))
            return None
        return Reported(reports=reports, off=off, silent_s=self._deps.silent_s, unconfigured=unconfigured)

    def _kafka(self) -> Component:
        relay = self._deps.relay
        return Component(
            status="healthy" if relay.connected else "degraded", detail=relay.detail or "the broker takes records"
        )

    def _gmail(self, reported: Reported) -> Component:
        gmail = self._deps.gmail
        if reason := reported.off.get("email") or _no_credentials(gmail.missing):
            return channel_off("email", reason)
        found = reported.channel("email", needs=("delivery", "reporting"))
        return self._named(found, "Gmail", base_url=gmail.api_base_url)

    def _whatsapp(self, reported: Reported) -> Component:
        twilio = self._deps.twilio
        if reason := reported.off.get("whatsapp") or _no_credentials(twilio.missing):
            return channel_off("whatsapp", reason)
        return self._named(reported.channel("whatsapp", needs=("delivery",)), "Twilio", base_url=twilio.api_base_url)

    def _named(self, component: Component, provider: str, *, base_url: str | None) -> Component:
        """Name a stand-in for the provider in the detail."""
        if base_url is None:
            return component
        page = self._deps.demo_channels_url
        where = f"a stand-in for {provider}: write to it at {page}" if page else f"at {base_url}"
        return Component(status=component.status, detail=f"{component.detail} ({where})")


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
        summary="Ready probe", response_model=ReadyView, responses=errors(503),
    )  # fmt: skip
    return router


def _problems(components: Components) -> dict[str, str]:
    """Return the detail of every component that does not work, by name."""
    return {name: one.detail for name, one in components if one.status not in _WORKING}


def _database(reported: Reported | None) -> Component:
    if reported is None:
        return Component(status="unhealthy", detail="PostgreSQL does not answer; calls get 503 until it does")
    return Component(status="healthy", detail="PostgreSQL answers")


def _web_form(reported: Reported) -> Component:
    if reason := reported.off.get("web_form"):
        return channel_off("web_form", reason)
    return reported.configured("web_form", Component(status="healthy", detail="forms are accepted"))


def _no_credentials(missing: Sequence[str]) -> str:
    return "no credentials are configured" if missing else ""
