"""Assembles the FastAPI application of the HTTP API and its pages. Only the ingress needs it, and it takes a second."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from deployments.ingress_node import IngressParts
from serve_app.api.base.auth import StaffKeys
from serve_app.api.base.deps import ApiDeps, DraftingNodes, Relay, api_deps
from serve_app.api.base.errors import install_error_handlers
from serve_app.api.base.middleware import Cors, Guard, RequestIds
from serve_app.api.base.openapi import DESCRIPTION, openapi_builder
from serve_app.api.health import health_router
from serve_app.api.public.export import Export
from serve_app.api.public.form_files import form_files_router
from serve_app.api.public.links import links_router
from serve_app.api.public.lost_link import lost_link_router
from serve_app.api.public.pages import add_pages
from serve_app.api.public.proof import proof_router
from serve_app.api.public.rating import rating_router
from serve_app.api.public.tickets import public_router
from serve_app.api.staff.actions import staff_router
from serve_app.api.staff.conversations import conversations_router
from serve_app.api.staff.customers import customers_router
from serve_app.api.staff.dead_letters import dead_letters_router
from serve_app.api.staff.decisions import decisions_router
from serve_app.api.staff.desk import desk_router
from serve_app.api.staff.digest import digest_router
from serve_app.api.staff.drafts import drafts_router
from serve_app.api.staff.files import files_router
from serve_app.api.staff.learned import learned_router
from serve_app.api.staff.merges import merges_router
from serve_app.api.staff.privacy import privacy_router
from serve_app.api.staff.reports import reports_router
from serve_app.api.staff.session import session_router
from serve_app.api.staff.sign_in import sign_in_router
from serve_app.api.staff.usage import usage_router
from serve_app.api.webhooks.gmail import gmail_router
from serve_app.api.webhooks.whatsapp import twilio_router
from serve_app.settings.app_args import AppArgs

__all__ = ["ApiDeps", "DraftingNodes", "Relay", "StaffKeys", "api_deps", "build_api", "build_for"]


def build_api(deps: ApiDeps) -> FastAPI:
    """Build the application for any ASGI server; its lifespan closes `deps` at shutdown."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await deps.close()

    app = FastAPI(
        title="Nightdesk",
        version=deps.version,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for router in (
        public_router(deps),
        form_files_router(deps),
        proof_router(deps),
        rating_router(deps),
        twilio_router(deps),
        gmail_router(deps),
        reports_router(deps),
        digest_router(deps),
        usage_router(deps),
        dead_letters_router(deps),
        privacy_router(deps),
        decisions_router(deps),
        conversations_router(deps),
        staff_router(deps),
        drafts_router(deps),
        learned_router(deps),
        session_router(deps),
        sign_in_router(deps),
        desk_router(deps),
        files_router(deps),
        customers_router(deps),
        merges_router(deps),
        links_router(deps),
        lost_link_router(deps),
        health_router(deps),
    ):
        app.include_router(router)
    add_pages(app, deps.company, Export(deps.company, files=deps.file_rules))
    install_error_handlers(app)
    _add_middleware(app, deps)
    app.openapi = openapi_builder(app)  # type: ignore[method-assign]
    return app


def build_for(args: AppArgs, version: str, parts: IngressParts, *, drafting: DraftingNodes | None = None) -> FastAPI:
    """Build the application of an ingress node: `partial(build_for, args, version)` is its `build_app`."""
    return build_api(api_deps(args, parts, version=version, drafting=drafting))


def _add_middleware(app: FastAPI, deps: ApiDeps) -> None:
    """Add the middleware, the innermost first."""
    app.add_middleware(Guard, files_bytes=deps.file_rules.most * deps.file_rules.largest)
    if deps.cors_origins:
        app.add_middleware(
            Cors,
            allow_origins=deps.cors_origins,
            allow_methods=("GET", "POST"),
            allow_headers=("Authorization", "Content-Type", "Idempotency-Key", "X-Altcha", "X-Request-ID"),
            expose_headers=("Retry-After", "X-Request-ID"),
        )
    if deps.trusted_proxies:
        # The rightmost address that is no trusted proxy is the client; others' X-Forwarded-For is ignored.
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=deps.trusted_proxies)
    app.add_middleware(RequestIds)
