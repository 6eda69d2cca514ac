"""Runs `nightdesk mcp`: builds the session on the product's database and serves it until it is stopped."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import structlog

from db.pool import DatabaseUnavailableError, Pool, create_pool
from db.tuning import Tuning
from deployments.agent.node import ModelSettings
from deployments.analysis_node import AnalysisNode
from deployments.turns.client_turns import ClientTurns
from embeddings.encoder import Encoder
from embeddings.heads import HeadNotUsableError
from serve_app.api.base.auth import StaffKeys
from serve_app.api.base.staff_access import FailedKeys, StaffAccess
from serve_app.api.public.status_link import status_link
from serve_app.cli.target import Target, find_product, settings_of
from serve_app.embedded.base import ports, run_file
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.errors import UserError
from serve_app.mcp_server.key_gate import KeyGate
from serve_app.mcp_server.server import build_server, http_app, http_caller
from serve_app.mcp_server.session import McpSession, Nodes
from serve_app.nodes.agent_builder import agent_node, back_from_now
from serve_app.nodes.model_in_force import with_model_in_force
from serve_app.nodes.tuned import tuned, tuned_analysis
from serve_app.settings.app_args import support_args
from serve_app.settings.company_documents import company_of
from serve_app.settings.settings import Settings
from serve_app.telemetry import configure_logging

STDIO_CALLER = "stdio"
"""The name that is stored with the decisions of a stdio client."""

log = structlog.get_logger(__name__)


def run(data_dir: Path | None, *, port: int | None, allow_writes: bool) -> None:
    """Serve over HTTP on `port`, or over stdio without one. Raises UserError, NotRunningError."""
    configure_logging("WARNING", "mcp")
    product = find_product(data_dir)
    settings = settings_of(product)
    try:
        asyncio.run(_serve(product, settings, port=port, allow_writes=allow_writes))
    except DatabaseUnavailableError as error:
        raise UserError(f"{error}: `nightdesk status` shows what runs.") from error
    except KeyboardInterrupt:
        pass


async def _serve(product: Target, settings: Settings, *, port: int | None, allow_writes: bool) -> None:
    async with _session(product, settings) as (session, pool):
        if port is None:
            await serve_stdio(session, allow_writes=allow_writes)
        else:
            keys = staff_keys(product, settings)
            await serve_http(session, keys, FailedKeys(pool), port=port, allow_writes=allow_writes)


async def serve_stdio(session: McpSession, *, allow_writes: bool) -> None:
    """Serve the process that started this one, until it closes stdin."""
    from mcp.server.stdio import stdio_server

    server = build_server(session, allow_writes=allow_writes, caller=lambda: STDIO_CALLER)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


async def serve_http(
    session: McpSession, keys: StaffKeys, failed: FailedKeys, *, port: int, allow_writes: bool
) -> None:
    """Serve on the loopback address until interrupted. Raises UserError when the port is taken."""
    import uvicorn

    server = build_server(session, allow_writes=allow_writes, caller=http_caller)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((ports.LOOPBACK, port))
            listener.listen()  # before the address is printed: its reader may call at once
        except OSError as error:
            raise UserError(f"port {port} is taken ({error.strerror}): choose another with --port.") from error
        url = f"http://{ports.LOOPBACK}:{listener.getsockname()[1]}"
        print(f"MCP server at {url}/mcp; each call needs a staff key as its Bearer token", file=sys.stderr)
        app = KeyGate(http_app(server, keys, url=url), StaffAccess(keys, failed))
        config = uvicorn.Config(app, log_config=None, lifespan="on", proxy_headers=False)
        await uvicorn.Server(config).serve(sockets=[listener])


def staff_keys(product: Target, settings: Settings) -> StaffKeys:
    """Return the keys of HTTP clients: the staff keys and the operator token. Raises UserError without any.

    They are the product's, but no client is answered without one, from wherever it calls.
    """
    configured = settings.staff_api_key.get_secret_value() if settings.staff_api_key else None
    if not configured and not product.token:
        raise UserError("no staff key is configured: set STAFF_API_KEY, or serve over stdio.")
    return StaffKeys.parse(configured, bound_to_loopback=False, operator_token=product.token)


@asynccontextmanager
async def _session(product: Target, settings: Settings) -> AsyncIterator[tuple[McpSession, Pool]]:
    pool = await create_pool(product.database_url, size=4)
    try:
        settings = await with_model_in_force(pool, settings)
        found = await tuned(pool)
        links, mode, company = _link_builder(settings), settings.agent_mode, company_of(settings)
        back = back_from_now(support_args(settings, company))
        turns = ClientTurns(pool=pool, links=links, approval=mode == "draft", back=back)
        nodes = _loader(pool, settings, links, found)
        outdated = partial(_outdated, product)
        async with McpSession(turns=turns, nodes=nodes, answers=mode != "off", outdated=outdated) as session:
            yield session, pool
    finally:
        await pool.close()


def _link_builder(settings: Settings) -> Callable[[str], str]:
    if settings.secret_key is None or settings.public_base_url is None:
        raise UserError("SECRET_KEY and PUBLIC_BASE_URL of the product are not known: name its --data-dir.")
    return partial(status_link, settings.public_base_url, settings.secret_key.get_secret_value())


def _outdated(product: Target) -> bool:
    """Whether the product was restarted with other settings; False while it is down, which leaves none to compare."""
    run = run_file.read(DataDir(Path(product.data_dir)))
    return run is not None and run.settings != product.settings


def _loader(
    pool: Pool, settings: Settings, links: Callable[[str], str], found: Tuning
) -> Callable[[], Awaitable[Nodes]]:
    async def load() -> Nodes:
        return await asyncio.to_thread(_nodes, pool, settings, links, found)

    return load


def _nodes(pool: Pool, settings: Settings, links: Callable[[str], str], found: Tuning) -> Nodes:
    analysis = _analysis(settings, found)
    company = company_of(settings)
    agent = agent_node(
        pool=pool,
        analysis=analysis,
        model=ModelSettings(),  # not used: the client is the model
        company=company,
        embedding_model=settings.embedding_model,
        links=links,
        escalation_thresholds=settings.escalation_thresholds,
        support=support_args(settings, company),
    )
    return Nodes(analysis=analysis, agent=agent)


def _analysis(settings: Settings, found: Tuning) -> AnalysisNode:
    """Return the analysis; where a team's own classifier can't be read, with the one that ships, as a replica has."""
    encoder = Encoder(settings.embedding_model)
    try:
        return tuned_analysis(encoder, found, settings.models_dir, settings.sentiment_model)
    except HeadNotUsableError as error:
        log.warning("escalation_model_not_loaded", problem=str(error))
        shipped = replace(found, escalation_model=None)
        return tuned_analysis(encoder, shipped, settings.models_dir, settings.sentiment_model)
