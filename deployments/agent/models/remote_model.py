"""A model behind an OpenAI-compatible endpoint, with a budget of requests and time for each turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx2
import openai
import stamina
from agents import Model, ModelResponse, OpenAIChatCompletionsModel, OpenAIResponsesModel, Usage
from agents.items import TResponseStreamEvent
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

from deployments.agent.checks.masking import Vault
from deployments.agent.models.breaker import Breaker
from deployments.agent.models.settings import ModelSettings
from ingest import tracing

_COMPLETE = {"stop", "tool_calls", "function_call", "content_filter"}


class ModelAnswerError(openai.OpenAIError):
    """A response with status 200 is incomplete: retried within the budget, then a person takes over."""


class ModelDownError(Exception):
    """The circuit breaker is open: a person takes over at once."""


class ModelBudgetError(Exception):
    """The turn has used up its requests or its time: a person takes over."""


def connect(settings: ModelSettings) -> Model:
    """Return the SDK's model on a client without retries; incomplete responses raise ModelAnswerError."""
    timeout = httpx2.Timeout(settings.timeout_s, connect=min(5.0, settings.timeout_s))
    client = openai.AsyncOpenAI(
        api_key=settings.api_key or "none",
        base_url=settings.base_url,
        max_retries=0,
        timeout=timeout,
        http_client=openai.DefaultAsyncHttpxClient(timeout=timeout, event_hooks={"response": [_refuse_incomplete]}),
    )
    kind = OpenAIResponsesModel if settings.api == "responses" else OpenAIChatCompletionsModel
    return kind(model=settings.name, openai_client=client)


async def _refuse_incomplete(response: httpx2.Response) -> None:
    """Raise ModelAnswerError for a body that is not JSON, a text cut off by a limit, a missing finish reason."""
    if response.status_code != 200:
        return
    await response.aread()
    try:
        body = response.json()
    except ValueError as error:
        raise ModelAnswerError("the answer is not JSON") from error
    if problem := _incomplete(body):
        raise ModelAnswerError(problem)


def _incomplete(body: Any) -> str | None:
    if not isinstance(body, dict):
        return "the answer is not an object"
    if "choices" in body:
        reasons = [choice.get("finish_reason") for choice in body["choices"] or ()]
        return None if reasons and set(reasons) <= _COMPLETE else f"finish reason {reasons}"
    return None if body.get("status") == "completed" else f"status {body.get('status')}"


class TurnModel(Model):
    """Wraps a model for one turn: limits requests and time, retries, masks personal data and restores it.

    `vault` and `breaker` are None for the embedded model; requests are traced under `traced`, an inbox row. `error` is
    that of the last request, None when it was answered. Raises ModelDownError, ModelBudgetError, and the errors of the
    wrapped model.
    """

    def __init__(
        self,
        inner: Model,
        *,
        settings: ModelSettings,
        breaker: Breaker | None = None,
        vault: Vault | None = None,
        traced: UUID | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = inner
        self._traced = traced
        self._settings = settings
        self._breaker = breaker
        self._vault = vault
        self._clock = clock
        self._started: float | None = None
        self.requests = 0
        self.error: Exception | None = None
        self.elapsed_ms = 0.0
        self.usage: dict[str, int] = {}

    async def get_response(self, system_instructions: Any, input: Any, *args: Any, **kwargs: Any) -> ModelResponse:
        """See Model.get_response."""
        started = self._clock()
        if self._started is None:
            self._started = started
            if self._breaker and not self._breaker.allows():
                raise ModelDownError("the circuit breaker is open")
        if self._vault:  # the instructions contain the subject, which is the customer's text
            system_instructions, input = self._vault.mask_all([system_instructions, input])
        try:
            response = await self._ask(lambda: self._inner.get_response(system_instructions, input, *args, **kwargs))
        except Exception as error:
            self.error = error
            if self._breaker:
                self._breaker.failed()
            raise
        finally:
            self.elapsed_ms += (self._clock() - started) * 1000
        self.error = None
        if self._breaker:
            self._breaker.succeeded()
        self._count(response.usage)
        return _restored(response, self._vault) if self._vault else response

    async def _ask(self, request: Callable[[], Awaitable[ModelResponse]]) -> ModelResponse:
        left = self._settings.max_attempts - self.requests
        remaining = self._settings.deadline_s - (self._clock() - (self._started or 0.0))
        if left < 1 or remaining <= 0:
            raise ModelBudgetError(f"{self.requests} requests in this turn")
        async with asyncio.timeout(remaining):
            async for attempt in stamina.retry_context(
                on=_retryable,
                attempts=left,
                timeout=None,
                wait_initial=self._settings.retry_wait_s,
                wait_max=4 * self._settings.retry_wait_s,
                wait_jitter=self._settings.retry_wait_s,
            ):
                with attempt:
                    self.requests += 1
                    self._count(Usage())  # failed requests count, too
                    async with asyncio.timeout(self._settings.timeout_s):
                        return await self._traced_request(request)
        raise ModelBudgetError("no attempt left")

    async def _traced_request(self, request: Callable[[], Awaitable[ModelResponse]]) -> ModelResponse:
        """Make a request in a span by OpenTelemetry's conventions for generative models, without any text."""
        name = self._settings.name
        known = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": name}
        with tracing.span(f"chat {name}", self._traced, under=tracing.AGENT, **known) as span:
            response = await request()
            span.set_attribute("gen_ai.usage.input_tokens", response.usage.input_tokens)
            span.set_attribute("gen_ai.usage.output_tokens", response.usage.output_tokens)
            return response

    def _count(self, usage: Usage) -> None:
        tokens = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
        self.usage = {name: self.usage.get(name, 0) + n for name, n in tokens.items()} | {"requests": self.requests}

    def stream_response(self, *args: object, **kwargs: object) -> AsyncIterator[TResponseStreamEvent]:
        """Not offered: the runner never streams."""
        raise NotImplementedError("a turn does not stream; call get_response")


def _retryable(error: Exception) -> bool | float:
    """Return whether to retry, or after how many seconds if the response has a Retry-After header (at most 5)."""
    if isinstance(error, openai.APIStatusError):
        if error.status_code not in (408, 409, 429) and error.status_code < 500:
            return False
        wait = error.response.headers.get("retry-after", "")
        return min(float(wait), 5.0) if wait.replace(".", "", 1).isdigit() else True
    return isinstance(error, openai.APIConnectionError | ModelAnswerError | TimeoutError)


def _restored(response: ModelResponse, vault: Vault) -> ModelResponse:
    for item in response.output:
        if isinstance(item, ResponseFunctionToolCall):
            item.arguments = vault.restore_json(item.arguments)
        elif isinstance(item, ResponseOutputMessage):
            for part in item.content:
                if isinstance(part, ResponseOutputText):
                    part.text = vault.restore(part.text)
    return response
