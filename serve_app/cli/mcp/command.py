"""`nightdesk mcp`: serve the agent's tools to MCP clients."""

from __future__ import annotations

from typing import Annotated

import typer

from serve_app.cli.options import DataDirOption

HttpOption = Annotated[
    bool, typer.Option("--http", help="Streamable HTTP on this machine's loopback address, instead of stdio.")
]
PortOption = Annotated[
    int, typer.Option("--port", metavar="P", min=0, max=65535, help="Of --http; 0 takes a free one.")
]
WritesOption = Annotated[
    bool,
    typer.Option(
        "--allow-writes", help="Allow create_ticket, send_response and escalate_to_human, which reach customers."
    ),
]
MapOption = Annotated[
    bool, typer.Option("--map", help="Print which function and which inputs each tool has, as Markdown, and exit.")
]


def mcp(
    http: HttpOption = False,
    port: PortOption = 8766,
    allow_writes: WritesOption = False,
    as_map: MapOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Serve the five tools of the agent to MCP clients, over stdio or HTTP, for the running product.

    Without --allow-writes clients can only search and read. Over HTTP each call needs a staff key as its Bearer token.
    What is decided follows the settings that the product was started with, not those of this shell: with
    AGENT_MODE=draft answers wait for approval, with off everything is handed over.
    """
    if as_map:
        from serve_app.mcp_server.reference import tool_map

        print(tool_map(), end="")
        return
    from serve_app.cli.mcp.run import run

    run(data_dir, port=port if http else None, allow_writes=allow_writes)
