"""The agent's five tools, for the model and for MCP clients.

A tool's docstring is its description for the model. The customer and the recipient come from the context, never from
the arguments. Tools write to the context only; the turn's transaction writes to the database.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np
import structlog
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from db.pool import DatabaseUnavailableError
from db.records import Priority, ToolCall
from deployments.agent import asking_back, notices, protocol
from deployments.agent.checks import translated
from deployments.agent.checks.guardrails import UNSUPPORTED
from deployments.agent.run_context import Review, RunContext, Search, SearchServices, fenced_line, without_fences
from deployments.rules.formatting import plain
from deployments.runtime.retries import NodeUnavailableError
from embeddings.judge import CANDIDATES, passage_text

log = structlog.get_logger(__name__)

RESULTS = 5
"""Passages that the model gets to read."""
RECORDED_CHARACTERS = 300
"""Of a result in the decision record, which lists the passages separately."""
MAX_DRAFTS = 2
"""After the first refused draft the model may write another, after the second a person takes over."""
FAILED = (
    "The tool failed and nothing was done. Do not guess and do not apologise to the customer for it: "
    "call escalate_to_human, and a colleague will answer."
)

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class _RefusedError(Exception):
    """The tool refuses the call; the message tells the model what to do instead."""


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CreateTicketInput(_Input):
    issue: Line = Field(description="What the customer wants, in one line.")
    priority: Priority | None = Field(default=None, description="Only to raise it; a ticket's priority never falls.")


class GetCustomerHistoryInput(_Input):
    limit: int = Field(default=10, ge=1, le=20, description="How many entries at most, the newest ones.")


class SearchKnowledgeBaseInput(_Input):
    query: Line = Field(description="The question in plain words, without greetings and without personal data.")
    category: Line | None = Field(default=None, description="Look only into this category; leave out when unsure.")


class SendResponseInput(_Input):
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000)] = Field(
        description="The reply's body as plain text; greeting and signature are added by the channel."
    )


class EscalateToHumanInput(_Input):
    reason: Literal["legal", "refund", "pricing", "human_request", "negative_sentiment", "no_kb_match"]
    summary: Annotated[str, StringConstraints(strip_whitespace=True, max_length=600)] = Field(
        default="", description="For the colleague: what is asked and what was tried."
    )


async def create_ticket(context: RunContext, arguments: CreateTicketInput) -> str:
    """Open the ticket of this conversation. Call it first; calling it again returns the same ticket."""
    ticket = context.turn.ticket
    if arguments.priority is not None:
        context.raise_priority(arguments.priority)
    return _json(
        ticket=ticket.number,
        status=ticket.status,
        category=ticket.category,
        priority=context.priority,
        subject=fenced_line(ticket.subject),
        channel=context.turn.channel,
        tone=context.config.tone,
    )


async def get_customer_history(context: RunContext, arguments: GetCustomerHistoryInput) -> str:
    """What this customer asked before, as far as the sender has proved who they are. Call it after create_ticket."""
    entries = [without_fences(entry) for entry in context.turn.history[-arguments.limit :]]
    return _json(entries=entries, hint="" if entries else "Nothing that this sender may see.")


async def search_knowledge_base(context: RunContext, arguments: SearchKnowledgeBaseInput) -> str:
    """Find the passages of the product documentation nearest to a question: title, text and score. At most twice."""
    given = context.analysis.vector if arguments.query == context.question else None
    search = await find_passages(context.services, context.analysis.model_id, arguments, given)
    context.searches.append(_as_chosen(search, context.choice))
    if len(context.searches) >= protocol.MAX_SEARCHES and not context.passages:
        if _asked_back(context):
            return _json(relevant=False, passages=[], hint="The customer is asked which of these they mean.")
        context.escalate("no_kb_match", rule="relevance:two_searches")
        return _json(relevant=False, passages=[], hint="Two searches found nothing: a colleague takes over.")
    return search_result(context.searches[-1])


def _as_chosen(search: Search, title: str) -> Search:
    """Return the search for a title that the customer chose: its passages answer, whatever the judge says."""
    passages = tuple(passage for passage in search.passages if passage.title == title)
    if not passages:
        return search
    return replace(search, passages=passages, relevance=replace(search.relevance, ok=True, score=1.0), options=())


def _asked_back(context: RunContext) -> bool:
    """Ask the customer, once, which passage they mean, where a few may answer; return whether that was done."""
    found = max(context.searches, key=lambda search: len(search.options), default=None)
    if found is None or not found.options or asking_back.open_choices(context.turn.earlier):
        return False
    text = asking_back.question(notices.tone_of(context.config.tone), found.options)
    context.answer(Review(text=text), rule="question:which")
    return True


async def find_passages(
    services: SearchServices, model_id: str, arguments: SearchKnowledgeBaseInput, vector: Sequence[float] | None = None
) -> Search:
    """Search the knowledge base and assess the relevance. `vector` (d,) is the query's embedding if it is known.

    `model_id` is the encoder of `vector`: what has to be embedded meets passages of the one that embeds it.
    """
    prepared = services.gate.prepare(arguments.query)
    if vector is None or prepared != arguments.query:
        query = await services.analysis.embed_query(prepared)
        model_id, vector = query.model_id, query.vector
    asked = np.asarray(vector, dtype=np.float32)
    found = await services.search(model_id, asked, limit=CANDIDATES, category=arguments.category)
    texts = [passage_text(passage.title, passage.content) for passage in found]
    judgement = await services.analysis.judge(prepared, texts, [passage.score for passage in found])
    relevance = services.gate.relevant(prepared, found, judgement, model_id)
    return Search(
        query=arguments.query,
        category=arguments.category,
        passages=tuple(found[row] for row in judgement.order[:RESULTS]),
        relevance=relevance,
        options=tuple(dict.fromkeys(found[row].title for row in relevance.options)),
    )


async def send_response(context: RunContext, arguments: SendResponseInput) -> str:
    """Answer the customer and finish. Say only what the passages say; the text is checked before it leaves."""
    review = await _review(context, arguments.text)
    if review.problem is None:
        context.answer(review, rule="answer:knowledge_base")
        return "Accepted."
    context.problems.append(review.problem)
    if len(context.problems) >= MAX_DRAFTS:
        context.escalate("unsafe_reply", rule=f"output:{review.problem}")
        raise _RefusedError("Refused again: a colleague takes over.")
    raise _RefusedError(
        f"Refused: the text {review.problem}. Write it once more without that, using the passages' own words, "
        "or call escalate_to_human."
    )


async def _review(context: RunContext, text: str) -> Review:
    """Review a draft as it is, and by its translation where that drops a part of what is in another language."""

    def check(draft: str) -> Review:
        return context.services.review(draft, context.passages, context.customer_names)

    review = check(text)
    unread = review.problem == UNSUPPORTED or (review.problem is None and review.text != plain(text))
    if context.translate is None or not unread:
        return review
    lines = translated.lines_of(text)
    translations = await context.translate(lines)
    if translations is None:
        return review
    return translated.reviewed(text, translations, language=context.language, passages=context.passages, check=check)


async def escalate_to_human(context: RunContext, arguments: EscalateToHumanInput) -> str:
    """Hand the conversation to a colleague and finish; possible at any time after create_ticket."""
    if arguments.reason == "no_kb_match" and not context.passages and _asked_back(context):
        return "Instead the customer is asked which of the passages they mean."
    context.escalate(arguments.reason, rule=f"model:{arguments.reason}", note=arguments.summary)
    return "A colleague takes over; the customer is told so."


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool's name, argument model and function; the function's docstring is its description."""

    name: str
    arguments: type[BaseModel]
    run: Callable[[RunContext, Any], Awaitable[str]]

    @property
    def description(self) -> str:
        """The description for the model."""
        return self.run.__doc__ or self.name


TOOLS: Mapping[str, Tool] = {
    name: Tool(name=name, arguments=arguments, run=run)
    for name, arguments, run in (
        (protocol.CREATE_TICKET, CreateTicketInput, create_ticket),
        (protocol.GET_HISTORY, GetCustomerHistoryInput, get_customer_history),
        (protocol.SEARCH, SearchKnowledgeBaseInput, search_knowledge_base),
        (protocol.SEND, SendResponseInput, send_response),
        (protocol.ESCALATE, EscalateToHumanInput, escalate_to_human),
    )
}


async def call(context: RunContext, name: str, arguments: str) -> str:
    """Run a tool with JSON arguments, record the call, return the result for the model. Errors become results too."""
    started = context.services.clock()
    result, ok = await _attempt(context, TOOLS[name], arguments)
    elapsed = (context.services.clock() - started) * 1000
    context.calls.append(
        ToolCall(
            name=name,
            arguments=_recorded(arguments),
            result=result[:RECORDED_CHARACTERS],
            ok=ok,
            duration_ms=round(elapsed, 3),
        )
    )
    return result


async def _attempt(context: RunContext, tool: Tool, arguments: str) -> tuple[str, bool]:
    if refusal := protocol.refusal(context, tool.name):
        return refusal, False
    try:
        given = tool.arguments.model_validate_json(arguments or "{}")
        result = await tool.run(context, given)
    except ValidationError as error:
        return invalid_arguments(tool.name, error), False
    except _RefusedError as error:
        return str(error), False
    except (DatabaseUnavailableError, NodeUnavailableError) as error:
        context.unavailable = error
        return FAILED, False
    except Exception:
        log.exception("tool_failed", tool=tool.name)
        context.tool_failed = True
        return FAILED, False
    protocol.advance(context, tool.name)
    return result, True


def invalid_arguments(name: str, error: ValidationError) -> str:
    """Return the result of a call with invalid arguments: the first problem, and what to do."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "arguments"
    return f"Refused: {name} was called wrongly ({where}: {first['msg']}). Call it again with correct arguments."


def search_result(search: Search) -> str:
    """Return the result of a search: its passages, and whether they answer the query."""
    passages = [
        {"title": p.title, "category": p.category, "score": round(p.score, 3), "text": p.content}
        for p in search.passages
    ]
    hint = (
        "Answer from these passages only."
        if search.relevance.ok
        else "These do not answer the question. Search once more in other words, or hand over with no_kb_match."
    )
    return _json(relevant=search.relevance.ok, passages=passages, hint=hint)


def _recorded(arguments: str) -> dict[str, Any]:
    try:
        given = json.loads(arguments or "{}")
    except ValueError:
        return {"malformed": arguments[:200]}
    return given if isinstance(given, dict) else {"malformed": arguments[:200]}


def _json(**fields: object) -> str:
    return json.dumps(fields, ensure_ascii=False)
