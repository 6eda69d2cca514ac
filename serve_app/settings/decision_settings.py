"""The settings that the agent decides with, as the running product keeps them for the commands that decide beside it.

They stand in the run file, for a shell's own settings may be others than those that the product was started with.
"""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from serve_app.settings.environment import Settings

DECISION_SETTINGS = frozenset(
    {
        "agent_mode",
        "embedding_model",
        "escalation_thresholds",
        "openai_api",
        "openai_api_key",
        "openai_base_url",
        "openai_model",
        "openai_timeout_seconds",
        "public_base_url",
        "secret_key",
        "sla_hours",
        "staff_api_key",
        "support_hours",
        "support_timezone",
    }
)
"""What is decided, what customers are told, whose keys open the MCP door. A test asks where a new setting belongs."""


def kept(settings: Settings, *, secret_key: str, public_base_url: str) -> dict[str, Any]:
    """Return them as JSON has them, secrets in the clear, with what the product came to by itself."""
    effective = settings.model_dump(include=set(DECISION_SETTINGS))
    effective |= {"secret_key": secret_key, "public_base_url": public_base_url}
    return {name: _plain(value) for name, value in effective.items()}


def _plain(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
