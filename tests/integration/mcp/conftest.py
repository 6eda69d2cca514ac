"""Fixtures of MCP servers and clients."""

from __future__ import annotations

from tests.fixtures.mcp_clients import knowledge_url, product_dir, production
from tests.fixtures.production import analysis_node, encoder, log_as_before, pool, stored

__all__ = ["analysis_node", "encoder", "knowledge_url", "log_as_before", "pool", "product_dir", "production", "stored"]
