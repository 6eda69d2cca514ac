"""MCP servers over a real database, and the official client at both doors."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
import uvicorn
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from db.pool import Pool, acquire, create_pool
from deployments.analysis import AnalysisNode
from embeddings.chunker import parse_docs
from embeddings.encoder import Encoder
from embeddings.indexer import sync
from serve_app.api.base.auth import StaffKeys
from serve_app.mcp_server.server import build_server, http_app, http_caller
from serve_app.mcp_server.session import McpDesk, Nodes
from serve_app.mcp_server.turns import McpTurns
from tests.integration.pipeline.conftest import eventually
from tests.integration.replay.conftest import (
    DOCS,
    OPERATOR,
    Production,
    analysis_node,
    encoder,
    links,
    log_as_before,
    pretend,
)

__all__ = ["analysis_node", "encoder", "log_as_before"]

ANN, BOB = "s3cr3t-of-ann", "s3cr3t-of-bob"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a tool answered."""

    text: str
    ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class McpClient:
    """The official client, connected."""

    client: Client

    async def call(self, tool: str, /, **arguments: Any) -> Said:
        result = await self.client.call_tool(tool, arguments)
        assert len(result.content) == 1
        return Said(text=result.content[0].text, ok=not result.is_error)  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def knowledge_url(module_database_url: str, encoder: Encoder) -> str:
    """A database whose knowledge base holds an area of the product documentation, once for each module."""
    sections = [section for section in parse_docs(DOCS.read_text("utf-8")) if section.category == "account_and_access"]

    async def fill() -> None:
        pool = await create_pool(module_database_url)
        await sync(pool, encoder, sections)
        await pool.close()

    asyncio.run(fill())
    return module_database_url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def production(knowledge_url: str, analysis_node: AnalysisNode) -> AsyncIterator[Production]:
    """The product itself, which answers whatever nobody holds."""
    pool = await create_pool(knowledge_url, size=4)
    production = Production(pool=pool, analysis=analysis_node)
    yield production
    await production.pipeline.close()
    await pool.close()


@dataclass(kw_only=True)
class Clock:
    """Seconds that a test moves."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@asynccontextmanager
async def open_desk(production: Production, clock: Clock | None = None) -> AsyncIterator[McpDesk]:
    """A desk over the product's database."""

    async def nodes() -> Nodes:
        return Nodes(analysis=production.analysis, agent=production.agent)

    turns = McpTurns(pool=production.pool, links=links, clock=clock or Clock())
    async with McpDesk(turns=turns, nodes=nodes, clock=clock or Clock()) as desk:
        yield desk


def _started(server: uvicorn.Server) -> Callable[[], Awaitable[object]]:
    async def started() -> bool:
        return server.started

    return started


@asynccontextmanager
async def served(desk: McpDesk, *, allow_writes: bool) -> AsyncIterator[str]:
    """The HTTP door on a port of its own; yields its address."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    keys = StaffKeys.parse(f"ann:{ANN},bob:{BOB}", bound_to_loopback=True, operator_token=OPERATOR)
    app = http_app(build_server(desk, allow_writes=allow_writes, caller=http_caller), keys, url=url)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await eventually(_started(server), within_s=20)
    try:
        yield url
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def over_http(url: str, key: str = ANN) -> AsyncIterator[McpClient]:
    """The official client at the HTTP door."""
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=headers, trust_env=False, timeout=30) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
    ):
        yield McpClient(client=client)


@asynccontextmanager
async def bob_at(desk: McpDesk) -> AsyncIterator[McpClient]:
    """Bob's client at a server that may write."""
    async with served(desk, allow_writes=True) as url, over_http(url, BOB) as client:
        yield client


@asynccontextmanager
async def over_stdio(data_dir: Path, *options: str, shell: Mapping[str, str] | None = None) -> AsyncIterator[McpClient]:
    """The official client at the other end of `nightdesk mcp`, in a process of its own.

    With `shell` it stands in another directory than ours, and these variables are set there.
    """
    own = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "OPENAI_API_KEY")}
    command = StdioServerParameters(
        command=sys.executable,
        args=["-m", "serve_app.cli.main", "mcp", "--data-dir", str(data_dir), *options],
        env=own if shell is None else {**own, "PYTHONPATH": os.getcwd(), **shell},
        cwd=None if shell is None else data_dir.parent,
    )
    async with Client(command) as client:
        yield McpClient(client=client)


@pytest.fixture
def product_dir(module_database_url: str, tmp_path: Path) -> Path:
    """A data directory on which the product seems to run: this process is its supervisor."""
    return pretend(tmp_path / "data", module_database_url)


async def rows(pool: Pool, query: str, *arguments: object) -> list[dict[str, Any]]:
    """What the database holds."""
    async with acquire(pool) as connection:
        return [dict(row) for row in await connection.fetch(query, *arguments)]
