"""The reference of the MCP tools, generated from the code: `nightdesk mcp --map`, kept as docs/mcp-tools.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from deployments.agent import tools
from serve_app.mcp_server.inputs import INPUTS, WRITING

HEAD = """# MCP tools and function tools

Made by `nightdesk mcp --map` from the code; a test holds it current.

The Agents SDK's function tools (`deployments/agent/definition.py`) and the MCP server
(`serve_app/mcp_server/server.py`) offer the same five tools. Behind each stands one function. The run context tells an
SDK tool which conversation it works on; an MCP client names the ticket, and the server makes the run context of it.

`nightdesk mcp` decides with the settings that the running product was started with (`AGENT_MODE`, thresholds, support
hours, `SECRET_KEY`, staff keys: the product keeps them in `run.json`, which only its user reads), whatever its own
shell says. It therefore needs a product that runs on this machine; one that an older version started has to be
restarted. When the product is started anew with other settings, every call is refused until `nightdesk mcp` is too.

| `AGENT_MODE` | `create_ticket` | `send_response` |
|---|---|---|
| `auto` | takes the message, unless a rule decides it at once | answers |
| `draft` | the same | makes a draft, which a person approves |
| `off` | hands the message over at once, as the agent does | refused |

| MCP tool | function tool | function | without `--allow-writes` |
|---|---|---|---|
"""


def tool_map() -> str:
    """Return the reference as Markdown."""
    rows = (
        f"| `{name}` | `{tool.name}` | `{tool.run.__module__}.{tool.run.__qualname__}` | {_refused(name)} |\n"
        for name, tool in tools.TOOLS.items()
    )
    return HEAD + "".join(rows) + "".join(_section(name, tool) for name, tool in tools.TOOLS.items())


def _refused(name: str) -> str:
    return "refused" if name in WRITING else "works"


def _section(name: str, tool: tools.Tool) -> str:
    own, mcp = tool.arguments, INPUTS[name]
    rows = "".join(_rows(mcp, own))
    return (
        f"\n## {name}\n\n{' '.join(tool.description.split())}\n\n"
        f"Function tool's input `{own.__name__}`, MCP tool's input `{mcp.__name__}`.\n\n"
        f"| input | kind | needed | function tool | what it is |\n|---|---|---|---|---|\n{rows}"
    )


def _rows(mcp: type[BaseModel], own: type[BaseModel]) -> Iterator[str]:
    schema = mcp.model_json_schema()
    for field, described in schema["properties"].items():
        needed = "yes" if field in schema.get("required", ()) else "no"
        shared = "yes" if field in own.model_fields else "no: the run context has it"
        yield f"| `{field}` | {_kind(described)} | {needed} | {shared} | {described.get('description', '')} |\n"


def _kind(described: dict[str, Any]) -> str:
    if "enum" in described:
        return ", ".join(f"`{value}`" for value in described["enum"])
    if "anyOf" in described:
        return " or ".join(_kind(one) for one in described["anyOf"])
    limits = (("minLength", "at least {} characters"), ("maxLength", "at most {} characters"))
    numbers = (("minimum", "from {}"), ("maximum", "to {}"), ("pattern", "`{}`"))
    return " ".join(
        [described["type"], *(text.format(described[key]) for key, text in (*limits, *numbers) if key in described)]
    )
