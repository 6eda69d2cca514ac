"""From a finished run to its record: the frozen text in the channel's form, and why it came to that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, TypeAlias

import structlog

from db.records import Decision, Passage, Queue, Severity
from deployments.agent import notices
from deployments.agent.checks import guardrails
from deployments.agent.run_context import Review, RunContext
from deployments.rules import formatting
from deployments.rules.escalation import priority_for_sentiment, severity_and_queue

log = structlog.get_logger(__name__)

Back: TypeAlias = Callable[[Severity, Queue], str | None]


def always_there(severity: Severity, queue: Queue) -> None:
    """Say nothing of opening hours."""


class Asked(Protocol):
    """What asking whoever decided has cost: 0 `requests` when nobody was asked."""

    requests: int
    elapsed_ms: float
    usage: dict[str, int]


class Decisions:
    """Makes decisions of finished runs. `links` gives a ticket's status link by its number, `back` when people of a
    queue are there again for such a severity, in words, None while they are."""

    def __init__(
        self, *, model_name: str, prompt_version: str, links: Callable[[str], str], back: Back = always_there
    ) -> None:
        self._model_name = model_name
        self._prompt_version = prompt_version
        self._links = links
        self._back = back

    def of(self, context: RunContext, model: Asked) -> Decision:
        """Return the decision; a run that finished with nothing is a hand-over."""
        if not context.finished:
            context.escalate("agent_error", rule="error:unfinished")
        sentiment = context.analysis.sentiment
        context.raise_priority(priority_for_sentiment(context.priority, sentiment, context.turn.sentiments))
        if context.reply is not None:
            text, sources = self._answer(context, context.reply), context.reply.sources
            return replace(self._record(context, model), outcome="answered", reply=text, sources=sources)
        reason = _reason(context)
        severity, queue = severity_and_queue(reason, context.turn.ticket.category, context.priority, sentiment)
        notice = self._notice(context, reason, self._back(severity, queue))
        return replace(
            self._record(context, model),
            reply=notice,
            reason=reason,
            severity=severity,
            queue=queue,
            summary=notices.summary(context, reason),
        )

    def _record(self, context: RunContext, model: Asked) -> Decision:
        return Decision(
            outcome="escalated",
            reply="",
            rule=context.rule,
            model=self._model_name if model.requests else "none",
            priority=context.priority,
            sentiment=context.analysis.sentiment,
            scores=_scores(context),
            passages=_passages(context),
            tool_calls=tuple(context.calls),
            prompt_version=self._prompt_version if model.requests else "",
            usage=model.usage,
            model_ms=round(model.elapsed_ms, 3),
        )

    def _answer(self, context: RunContext, reply: Review) -> str:
        note = notices.attachment_note(context) if not context.rule.startswith("question:") else ""
        return self._render(context, "\n\n".join(part for part in (reply.text, note) if part))

    def _notice(self, context: RunContext, reason: str, back: str | None) -> str:
        body = notices.hand_over(context, reason, back=back)
        text = self._render(context, body)
        if context.turn.ticket.number in text:
            return text
        return self._render(context, f"{body} {notices.reference(context)}")

    def _render(self, context: RunContext, body: str) -> str:
        number = context.turn.ticket.number
        try:
            return formatting.render(
                context.config, body=body, name=context.turn.customer_name, ticket=number, link=self._links(number)
            )
        except formatting.TemplateNotUsableError as error:
            log.error("response_template_not_usable", channel=context.turn.channel, error=str(error))
            context.scores["template_not_usable"] = 1.0
            return f"{body}\n\n{notices.reference(context)}"


def _reason(context: RunContext) -> str:
    """Return the reason, seen to the end: a model that gave up may have been let down by a tool or a refusal."""
    if context.reason == "no_kb_match" and context.tool_failed:
        return "agent_error"
    if context.reason == "no_kb_match" and context.problems:
        return _refused(context)
    return _refused(context) if context.reason == "unsafe_reply" else context.reason or "agent_error"


def _refused(context: RunContext) -> str:
    """Return why a refused draft is handed over: in another language than the passages' it could not be checked."""
    unreadable = {guardrails.UNSUPPORTED, guardrails.HOMOGLYPHS}
    foreign = context.language != "en" and set(context.problems) <= unreadable
    return "unsupported_language" if foreign else "unsafe_reply"


def _passages(context: RunContext) -> tuple[Passage, ...]:
    """All that was found, relevant or not, each once, best first."""
    found = {passage.id: passage for search in context.searches for passage in search.passages}
    return tuple(sorted(found.values(), key=lambda passage: -passage.score))


def _scores(context: RunContext) -> dict[str, float]:
    scores = {"sentiment": round(context.analysis.sentiment, 4), **context.scores}
    for number, search in enumerate(context.searches, start=1):
        scores[f"relevance.{number}"] = round(search.relevance.score, 4)
        scores["relevance.threshold"] = round(search.relevance.threshold, 4)
    return scores
