"""The documented map of MCP tools to function tools is current."""

from __future__ import annotations

from pathlib import Path

from serve_app.mcp_server.reference import tool_map

MAP = Path(__file__).parents[3] / "docs" / "mcp-tools.md"


def test_x4_the_checked_in_map_is_current() -> None:
    assert MAP.read_text(encoding="utf-8") == tool_map(), "run: nightdesk mcp --map > docs/mcp-tools.md"
