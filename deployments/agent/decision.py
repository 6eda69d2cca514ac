"""Turns a finished run into a Decision: the final text for the channel, and the record of how it was decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, TypeAlias

import structlog

from db.records import Decision, Queue, Severity
from deployments.agent import notices
from deployments.agent.checks import guardrails
from deployments.agent.run_context import RunContext
from deployments.rules import formatting
from deployments.rules.escalation import priority_for_sentiment, severity_and_queue

log = structlog.get_logger(__name__)

BackAt: TypeAlias = Callable[[Severity, Queue], str | None]
"""Returns when people of a queue work again ("Monday 08:00 UTC"), None while they do."""


def always_staffed(severity: Severity, queue: Queue) -> None:
    """The BackAt of a team without opening hours."""


class ModelUsage(Protocol):
    """The cost of a run's model calls; `requests` is 0 if no model was called."""

    requests: int
    elapsed_ms: float
    usage: dict[str, int]


class DecisionBuilder:
    """Builds decisions of finished runs. `links` returns a ticket's status link by its number."""

    def __init__(
        self, *, model_name: str, prompt_version: str, links: Callable[[str], str], back_at: BackAt = always_staffed
    ) -> None:
        self._model_name = model_name
        self._prompt_version = prompt_version
        self._links = links
        self._back_at = back_at

    def build(self, context: RunContext, model: ModelUsage) -> Decision:
        """Return the decision; a run that has not finished becomes a hand-over."""
        if not context.finished:
            context.escalate("agent_error", rule="error:unfinished")
        sentiment = context.analysis.sentiment
        context.raise_priority(priority_for_sentiment(context.priority, sentiment, context.turn.sentiments))
        if context.reply is not None:
            note = notices.attachment_note(context) if not context.rule.startswith("question:") else ""
            text = self._render(context, "\n\n".join(part for part in (context.reply.text, note) if part))
            return replace(self._record(context, model), outcome="answered", reply=text, sources=context.reply.sources)
        reason = _final_reason(context)
        severity, queue = severity_and_queue(reason, context.turn.ticket.category, context.priority, sentiment)
        notice = self._notice(context, reason, self._back_at(severity, queue))
        return replace(
            self._record(context, model),
            reply=notice,
            reason=reason,
            severity=severity,
            queue=queue,
            summary=notices.summary(context, reason),
        )

    def _record(self, context: RunContext, model: ModelUsage) -> Decision:
        # All passages that were found, relevant or not, each once.
        found = {passage.id: passage for search in context.searches for passage in search.passages}
        return Decision(
            outcome="escalated",
            reply="",
            rule=context.rule,
            model=self._model_name if model.requests else "none",
            priority=context.priority,
            sentiment=context.analysis.sentiment,
            labels=context.labels,
            scores=_scores(context),
            passages=tuple(sorted(found.values(), key=lambda passage: -passage.score)),
            tool_calls=tuple(context.calls),
            prompt_version=self._prompt_version if model.requests else "",
            usage=model.usage,
            model_ms=round(model.elapsed_ms, 3),
        )

    def _notice(self, context: RunContext, reason: str, back_at: str | None) -> str:
        body = notices.hand_over(context, reason, back_at=back_at)
        text = self._render(context, body)
        if context.turn.ticket.number in text:
            return text
        return self._render(context, f"{body} {notices.reference(context)}")

    def _render(self, context: RunContext, body: str) -> str:
        number = context.turn.ticket.number
        try:
            return formatting.render(
                context.config,
                body=body,
                name=context.turn.customer_name,
                ticket=number,
                link=self._links(number),
                first=context.turn.is_first_reply,
            )
        except formatting.TemplateNotUsableError as error:
            log.error("response_template_not_usable", channel=context.turn.channel, error=str(error))
            context.scores["template_not_usable"] = 1.0
            return f"{body}\n\n{notices.reference(context)}"


def _final_reason(context: RunContext) -> str:
    """Return the escalation reason. A model that reports no_kb_match may have met a failed tool or refused drafts."""
    if context.reason == "no_kb_match" and context.tool_failed:
        return "agent_error"
    if context.reason == "no_kb_match" and context.problems:
        return _refusal_reason(context)
    return _refusal_reason(context) if context.reason == "unsafe_reply" else context.reason or "agent_error"


def _refusal_reason(context: RunContext) -> str:
    """Return the reason of a refused draft: one in another language than the passages' could not be checked."""
    unreadable = {guardrails.UNSUPPORTED, guardrails.HOMOGLYPHS}
    foreign = context.language != "en" and set(context.problems) <= unreadable
    return "unsupported_language" if foreign else "unsafe_reply"


def _scores(context: RunContext) -> dict[str, float]:
    scores = dict(context.scores)
    if context.analysis.sentiment is not None:
        scores = {"sentiment": round(context.analysis.sentiment, 4)} | scores
    if context.labels is not None:
        scores[f"category.{context.labels.category}"] = round(context.labels.category_score, 4)
    for number, search in enumerate(context.searches, start=1):
        scores[f"relevance.{number}"] = round(search.relevance.score, 4)
        scores["relevance.threshold"] = round(search.relevance.threshold, 4)
    return scores
