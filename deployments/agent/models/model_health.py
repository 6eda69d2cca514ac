"""The health of a model's server: a failed request shows at once, and the server is asked until it answers again."""

from __future__ import annotations

from agents import Model, ModelTracing
from agents import ModelSettings as RequestSettings

from db.operations.node_status import Status
from deployments.agent.models.breaker import Breaker
from deployments.agent.models.settings import ModelSettings
from deployments.runtime.watch import Watch

_PROBE = "Answer with the word ok."


class ModelHealth:
    """Follows the outcomes of turns; while the last request failed, a request of a few words is made now and then.

    Its outcome counts for `breaker` as a turn's does, so that no customer has to find out that the server is back.
    """

    def __init__(self, model: Model, *, settings: ModelSettings, breaker: Breaker) -> None:
        self._model, self._settings, self._breaker = model, settings, breaker
        self._watch = Watch(
            self._ask, within_s=settings.timeout_s, first_s=settings.probe_every_s, every_s=settings.probe_every_s
        )

    def record(self, error: Exception | None) -> None:
        """Record how a turn's last request ended."""
        if error is None:
            self._watch.succeeded()
        else:
            self._watch.failed(error)

    def status(self) -> tuple[Status, str]:
        """Return status and detail for /health. Without the model every message is handed over: that is degraded."""
        name = self._settings.name
        if self._watch.problem:
            return "degraded", f"{name} does not answer ({self._watch.problem}): messages are handed over"
        if not self._breaker.closed:
            return "degraded", f"{name} does not answer: messages are handed over"
        return "healthy", name

    async def _ask(self) -> None:
        try:
            await self._model.get_response(
                None,
                _PROBE,
                RequestSettings(),
                tools=[],
                output_schema=None,
                handoffs=[],
                tracing=ModelTracing.DISABLED,
                previous_response_id=None,
                conversation_id=None,
                prompt=None,
            )
        except Exception:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
