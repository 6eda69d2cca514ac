"""The agent's tools for MCP clients."""
