"""Which language model answers, and the limits of its use. Imports no SDK, so that settings can import it cheaply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

ModelApi = Literal["responses", "chat_completions"]
MODEL = "gpt-4o"
MODEL_API: Final = "responses"
MODEL_TIMEOUT_S = 20.0
MAX_REQUESTS = 3
"""Requests to the server in one turn, retries included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """The model that answers: the embedded one without key and base URL. `timeout_s` bounds one request."""

    api_key: str | None = None
    base_url: str | None = None
    name: str = MODEL
    api: ModelApi = MODEL_API
    timeout_s: float = MODEL_TIMEOUT_S
    max_attempts: int = MAX_REQUESTS
    retry_wait_s: float = 0.5
    breaker_failures: int = 5
    breaker_cooldown_s: float = 30.0
    probe_every_s: float = 5.0
    """Between two requests that find out whether a server that failed is back."""

    @property
    def remote(self) -> bool:
        """Whether a server is called: a base URL without a key is a remote model, too."""
        return self.api_key is not None or self.base_url is not None

    @property
    def deadline_s(self) -> float:
        """Seconds that all requests of one turn may take together."""
        return 2 * self.timeout_s + 5
