"""From the settings' language model to the agent's."""

from __future__ import annotations

from deployments.agent.models.settings import ModelSettings
from serve_app.settings.model import ModelArgs


def model_settings(args: ModelArgs) -> ModelSettings:
    """Return how the agent reaches its model."""
    key = args.api_key.get_secret_value() if args.api_key else None
    return ModelSettings(api_key=key, base_url=args.base_url, name=args.name, api=args.api, timeout_s=args.timeout_s)
