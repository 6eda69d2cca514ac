"""The embedded model: deterministic and extractive.

It reads the transcript and calls tools like any other model; its replies consist of sentences of the passages found.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

from agents import AgentOutputSchemaBase, Handoff, Model, ModelResponse, ModelTracing, Tool, TResponseInputItem, Usage
from agents import ModelSettings as CallSettings
from agents.items import TResponseStreamEvent
from openai.types.responses import ResponseFunctionToolCall
from openai.types.responses.response_prompt_param import ResponsePromptParam

from deployments.agent import protocol
from deployments.agent.models import questions
from deployments.agent.models.extract import SHAPES, Shape, Source, compose
from deployments.agent.transcript import Completed, read_calls, read_customer
from embeddings import lexical

NAME = "grounded"
LANGUAGES = frozenset({"en"})
NOT_FOUND = "I have not found an answer to the other part of your message. Please reply with a few more details."
_OTHER_QUESTION = 0.34
"""A passage that shares at most this part of a question's words does not answer that question."""

_Step = tuple[str, dict[str, str]]


class GroundedModel(Model):
    """Answers in English from passages only and hands over other questions. No network, no state."""

    async def get_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: CallSettings,
        tools: list[Tool],
        output_schema: AgentOutputSchemaBase | None,
        handoffs: list[Handoff],
        tracing: ModelTracing,
        *,
        previous_response_id: str | None,
        conversation_id: str | None,
        prompt: ResponsePromptParam | None,
    ) -> ModelResponse:
        """Return the next tool call; the transcript starts with create_ticket, history and a search."""
        items: Sequence[Any] = [{"role": "user", "content": input}] if isinstance(input, str) else input
        calls = read_calls(items)
        name, arguments = _next_step(read_customer(items), calls)
        call = ResponseFunctionToolCall(
            type="function_call",
            call_id=f"call_grounded_{len(calls)}",
            name=name,
            arguments=json.dumps(arguments, ensure_ascii=False),
        )
        return ModelResponse(output=[call], usage=Usage(requests=1), response_id=None)

    def stream_response(self, *args: object, **kwargs: object) -> AsyncIterator[TResponseStreamEvent]:
        """Not supported: the runner never streams."""
        raise NotImplementedError("the embedded model does not stream; call get_response")


def _next_step(customer: Sequence[str], calls: Sequence[Completed]) -> _Step:
    text = customer[-1] if customer else ""
    ticket = next((call.fields() for call in calls if call.name == protocol.CREATE_TICKET), {})
    searches = [call for call in calls if call.name == protocol.SEARCH]
    found = [call for call in searches if call.fields().get("relevant")]
    if any(call.name == protocol.SEND for call in calls):
        return _hand_over("A reply was drafted from the passages, but the check of outgoing texts refused it.")
    if found:
        return _answer(text, str(ticket.get("tone", "")), searches, found)
    if len(searches) < protocol.MAX_SEARCHES:
        return protocol.SEARCH, {"query": questions.second_query(text, customer[:-1])}
    return _hand_over("Two searches found no passage that answers the question.")


def _answer(text: str, tone: str, searches: Sequence[Completed], found: Sequence[Completed]) -> _Step:
    shape = SHAPES.get(tone, SHAPES["semi-formal"])
    question = questions.core(text)
    source = _best_source(found[0])
    other = _other_question(text, source)
    if other and len(searches) < protocol.MAX_SEARCHES:
        return protocol.SEARCH, {"query": other}
    parts = [compose(question, source, shape)]
    if other and found[0] is searches[0]:
        parts.append(_second_part(other, source, found[1:], shape))
    return protocol.SEND, {"text": "\n\n".join(part for part in (*parts, shape.closing) if part)}


def _second_part(other: str, source: Source, found: Sequence[Completed], shape: Shape) -> str:
    """Return the answer to the second question: '' if one passage answers both, NOT_FOUND if none does."""
    if not found:
        return NOT_FOUND
    second = _best_source(found[0])
    return "" if second.title == source.title else compose(other, second, shape)


def _other_question(text: str, source: Source) -> str | None:
    """Return a second question of the message that `source` does not answer, or None."""
    asked = [s for s in questions.asking(text) if "?" in s and len(lexical.term_set(s)) >= 3]
    if len(asked) < 2:
        return None
    known = lexical.term_set(f"{source.title} {source.text}")
    shares = {question: len(known & (words := lexical.term_set(question))) / len(words) for question in asked}
    other = min(asked, key=lambda question: shares[question])
    return other if shares[other] <= _OTHER_QUESTION < max(shares.values()) else None


def _best_source(search: Completed) -> Source:
    """Return the first passage: a search lists the likeliest answer first."""
    first = search.fields()["passages"][0]
    return Source(title=first["title"], text=first["text"])


def _hand_over(summary: str) -> _Step:
    return protocol.ESCALATE, {"reason": "no_kb_match", "summary": summary}
