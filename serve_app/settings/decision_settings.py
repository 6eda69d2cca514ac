"""The settings that the agent decides with, as the running product stores them in its run file.

Commands that decide beside it (`mcp`, `replay`) read them there: their own environment may differ from the product's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import SecretStr

from serve_app.settings.settings import Settings

DECISION_SETTINGS = frozenset(
    {
        "agent_mode",
        "context_dir",
        "embedding_model",
        "escalation_thresholds",
        "learn_from_customers",
        "openai_api",
        "openai_api_key",
        "openai_base_url",
        "openai_model",
        "openai_timeout_seconds",
        "public_base_url",
        "secret_key",
        "sentiment_model",
        "sla_hours",
        "staff_api_key",
        "support_hours",
        "support_timezone",
    }
)
"""What decides a turn, what customers are shown, what is learned from, whose keys the MCP server takes. A test covers
every setting."""


def snapshot(settings: Settings, *, secret_key: str, public_base_url: str) -> dict[str, Any]:
    """Return them ready for JSON, secrets in the clear; the two arguments replace what may be unset in `settings`."""
    effective = settings.model_dump(include=set(DECISION_SETTINGS))
    effective |= {"secret_key": secret_key, "public_base_url": public_base_url}
    return {name: _plain(value) for name, value in effective.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return str(value.resolve()) if isinstance(value, Path) else value
