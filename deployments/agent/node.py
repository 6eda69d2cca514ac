"""The agent node: decides one turn, by rules or by a model with tools. Every decision holds a text for the customer."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

import structlog
from agents import Agent, MaxTurnsExceeded, Model, Runner, TResponseInputItem, set_tracing_disabled

from db import knowledge
from db.operations.node_status import Status
from db.outbound.channel_configs import ChannelConfigMissingError, ChannelConfigs
from db.pool import DatabaseUnavailableError, Pool, acquire
from db.records import Analysis, ChannelConfig, Decision, Passage, ToolCall, Turn
from db.turns import customer_history
from deployments.agent import protocol, rules_first, tools, transcript
from deployments.agent.checks import translated
from deployments.agent.checks.guardrails import Guard
from deployments.agent.checks.masking import Vault
from deployments.agent.decision import BackAt, DecisionBuilder, always_staffed
from deployments.agent.definition import build_agent, run_config
from deployments.agent.labels import new_labels, with_labels
from deployments.agent.language import LanguageDetector
from deployments.agent.live_gate import LiveGate
from deployments.agent.live_rules import LiveRules
from deployments.agent.models import questions
from deployments.agent.models.breaker import Breaker
from deployments.agent.models.grounded_model import LANGUAGES, NAME, GroundedModel
from deployments.agent.models.model_health import ModelHealth
from deployments.agent.models.remote_model import ModelBudgetError, TurnModel, connect
from deployments.agent.models.settings import MAX_REQUESTS, ModelSettings
from deployments.agent.models.translation import Translator
from deployments.agent.prompt import Prompt, load_prompt
from deployments.agent.run_context import PassageSearch, QueryAnalysis, RunContext, Services
from deployments.channels.traits import TRAITS
from deployments.rules.company import Company
from deployments.rules.escalation import EscalationRules
from deployments.runtime.retries import NodeUnavailableError
from embeddings.arrays import Floats
from embeddings.relevance import RelevanceGate

__all__ = ["AgentNode", "ModelSettings"]

log = structlog.get_logger(__name__)
Opening: TypeAlias = Callable[[RunContext], Awaitable[list[TResponseInputItem]]]
"""Begins a run and returns its transcript so far; it may finish the run."""
_DEFAULT_CONFIG = ChannelConfig(
    channel="web_form",
    enabled=True,
    tone="semi-formal",
    max_response_length=300,
    length_unit="words",
    response_template="{{ body }}\n\n{{ ticket }}",
)
"""Replaces a channel_configs row that somebody has deleted; /health and the log report it."""

set_tracing_disabled(True)  # the SDK would export spans with any API key it finds


class AgentNode:
    """Decides turns, many concurrently. Writes nothing to the database: the turn's transaction stores the decision.

    `links` returns a ticket's status link by its number; `analysis` is the analysis node, as far as searches need it.
    `prompt` and `search` replace the shipped prompt and the stored knowledge base. With `answers` False every turn is
    handed over without asking the model (AGENT_MODE=off). With `tuned` False gate and rules stay as given, whatever the
    store has of a team's own thresholds.
    """

    def __init__(
        self,
        *,
        pool: Pool,
        analysis: QueryAnalysis,
        model: ModelSettings,
        gate: RelevanceGate,
        rules: EscalationRules,
        company: Company,
        links: Callable[[str], str],
        prompt: Prompt | None = None,
        search: PassageSearch | None = None,
        answers: bool = True,
        tuned: bool = True,
        back_at: BackAt = always_staffed,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = pool
        self._answers = answers
        self._settings = model
        self._rules, self._live_rules = rules, LiveRules(rules, pool=pool, clock=clock) if tuned else None
        self._clock = clock
        self._configs = ChannelConfigs(pool, clock=clock)
        self._services = Services(
            search=search or stored_passages(pool),
            analysis=analysis,
            gate=gate,
            review=Guard(company).review,
            clock=clock,
            company=company,
        )
        self._gate = LiveGate(gate, pool=pool, clock=clock, tuned=tuned)
        prompt = prompt or load_prompt()
        self._agent: Agent[RunContext] = build_agent(prompt)
        self._decisions = DecisionBuilder(
            model_name=model.name if model.remote else NAME,
            prompt_version=prompt.version,
            links=links,
            back_at=back_at,
        )
        self._model: Model = connect(model) if model.remote else GroundedModel()
        self._breaker = Breaker(failures=model.breaker_failures, cooldown_s=model.breaker_cooldown_s, clock=clock)
        self._model_health = ModelHealth(self._model, settings=model, breaker=self._breaker)
        self._languages = LanguageDetector()
        self._by_translation = (
            translated.LANGUAGES if company.languages[0] == translated.DOCUMENTS else frozenset[str]()
        )
        self._answered_in = self._all_languages() if model.remote else LANGUAGES

    async def run(self, turn: Turn, analysis: Analysis) -> Decision:
        """Decide one turn. Raises DatabaseUnavailableError or NodeUnavailableError; the caller repeats it then."""
        _, decision = await self._run(turn, analysis, self.open)
        return decision

    async def draft(self, turn: Turn, analysis: Analysis) -> Decision:
        """Draft an answer for a person who has the conversation, searched for and checked as every answer.

        `reply` is the text alone, which the person's own reply frames, and '' where `reason` says why there is none.
        Raises what `run` does.
        """
        context, decision = await self._run(turn, analysis, self._open_for_a_person)
        return replace(decision, reply=context.reply.text if context.reply else "")

    async def _run(self, turn: Turn, analysis: Analysis, opening: Opening) -> tuple[RunContext, Decision]:
        context = await self.context(turn, analysis)
        model = self._turn_model(turn)
        try:
            await self._decide(context, model, opening)
        except (DatabaseUnavailableError, NodeUnavailableError):
            raise
        except Exception as error:
            log.exception("run_failed", ticket=turn.ticket.number)
            context.escalate("agent_error", rule=f"error:{type(error).__name__}")
        finally:
            if self._settings.remote and model.requests:
                self._model_health.record(model.error)
        if context.unavailable and context.phase != "answered":
            raise context.unavailable
        return context, self._decisions.build(context, model)

    async def ready(self) -> None:
        """Return when turns could be decided. Raises DatabaseUnavailableError or NodeUnavailableError."""
        await self._services.analysis.embed_query("How do I log in?")
        async with acquire(self._pool) as connection:
            await customer_history.attachment_names(connection, [])

    @property
    def services(self) -> Services:
        """The services of every run's tools."""
        return self._services

    async def context(self, turn: Turn, analysis: Analysis) -> RunContext:
        """Return the initial state of a run. Raises DatabaseUnavailableError."""
        self._services = replace(self._services, gate=await self._gate.current())
        labels = new_labels(turn.ticket, analysis)
        return RunContext(
            turn=with_labels(turn, labels),
            analysis=analysis,
            config=await self._config(turn),
            services=self._services,
            labels=labels,
        )

    async def open(self, context: RunContext, **arguments: str) -> list[TResponseInputItem]:
        """Begin a run: call create_ticket with these arguments, then apply the rules, which may finish the run.

        Returns the transcript of the tool call. Raises DatabaseUnavailableError or NodeUnavailableError.
        """
        items = await self._begin(context, **arguments)
        rules = await self._live_rules.current() if self._live_rules else self._rules
        if self._answers:
            rules_first.decide(context, rules=rules, languages=self._answered_in)
        else:
            rules_first.hand_over(context, rules=rules)
        if context.finished:
            # The record of the step that a rule took in the model's stead.
            name = protocol.ESCALATE if context.phase == "escalated" else protocol.SEND
            recorded = {"rule": context.rule} | ({"reason": context.reason} if context.reason else {})
            context.calls.append(ToolCall(name=name, arguments=recorded, result="", ok=True, duration_ms=0.0))
        return items

    async def _open_for_a_person(self, context: RunContext) -> list[TResponseInputItem]:
        items = await self._begin(context)
        rules_first.for_a_person(context, languages=self._answered_in, answers=self._answers)
        return items

    async def _begin(self, context: RunContext, **arguments: str) -> list[TResponseInputItem]:
        await self._prepare(context)
        return await _call(context, protocol.CREATE_TICKET, **{"issue": context.question or "(no text)"} | arguments)

    def health(self) -> tuple[Status, str]:
        """Return status and detail for /health: of the model, and of the thresholds where the model is well."""
        model = self._model_health.status() if self._settings.remote else ("healthy", "embedded grounded model")
        problem = self._live_rules.problem if self._live_rules else ""
        return ("degraded", problem) if problem and model[0] == "healthy" else model

    async def _config(self, turn: Turn) -> ChannelConfig:
        try:
            return await self._configs.get(turn.channel)
        except ChannelConfigMissingError:
            log.error("channel_config_missing", channel=turn.channel)
            return replace(_DEFAULT_CONFIG, channel=turn.channel)

    def _turn_model(self, turn: Turn) -> TurnModel:
        if not self._settings.remote:
            return TurnModel(self._model, settings=self._settings, clock=self._clock)
        vault = Vault(names=(turn.customer_name, *turn.customer_name.split(), turn.recipient))
        return TurnModel(
            self._model,
            settings=self._settings,
            breaker=self._breaker,
            vault=vault,
            traced=turn.inbox_id,
            clock=self._clock,
        )

    async def _decide(self, context: RunContext, model: TurnModel, opening: Opening) -> None:
        opened = await opening(context)
        if context.finished:
            return
        items = [*transcript.conversation(context.turn.earlier, context.choice or context.text), *opened]
        items += await _call(context, protocol.GET_HISTORY)
        items += await _call(context, protocol.SEARCH, query=context.choice or self._first_query(context))
        await self._ask(context, model, items)

    def _first_query(self, context: RunContext) -> str:
        query = questions.in_context(context.question, _earlier_messages(context))
        return self._services.gate.speller.correct(query)

    async def _prepare(self, context: RunContext) -> None:
        turn = context.turn
        context.question = questions.first_query(context.text)
        context.language = self._languages.detect(context.text)
        if TRAITS[turn.channel].carries_files:
            async with acquire(self._pool) as connection:
                context.attachments = await customer_history.attachment_names(
                    connection, [m.inbox_id for m in turn.waiting]
                )

    def _all_languages(self) -> frozenset[str] | None:
        """Return the languages that a remote model may answer in; in others its drafts could not be checked.

        None, which is any, where the documents are not in English: a short text's language is often taken for English.
        """
        return frozenset({translated.DOCUMENTS}) | self._by_translation if self._by_translation else None

    async def _ask(self, context: RunContext, model: TurnModel, items: list[TResponseInputItem]) -> None:
        if self._settings.remote and context.language in self._by_translation:
            context.translate = Translator(model).lines
        try:
            result = await Runner.run(
                self._agent, items, context=context, max_turns=MAX_REQUESTS, run_config=run_config(model)
            )
        except Exception as error:  # malformed responses surface as any exception, AttributeError included
            log.warning("model_failed", error=type(error).__name__, ticket=context.turn.ticket.number)
            if context.finished:  # what was accepted before the error stands
                return
            if isinstance(error, MaxTurnsExceeded | ModelBudgetError) and context.problems:
                context.escalate("unsafe_reply", rule=f"output:{context.problems[-1]}")
            else:
                context.escalate("agent_error", rule=f"model:{type(error).__name__}")
            return
        if not context.finished:
            await _finish(context, str(result.final_output or "").strip())


def stored_passages(pool: Pool) -> PassageSearch:
    """Return the search over the knowledge base in the database."""

    async def search(model_id: str, vector: Floats, *, limit: int, category: str | None) -> Sequence[Passage]:
        async with acquire(pool) as connection:
            return await knowledge.search(connection, model_id, vector, limit=limit, category=category)

    return search


async def _call(context: RunContext, name: str, **arguments: str) -> list[TResponseInputItem]:
    """Run a tool in the model's stead and return its transcript.

    Raises DatabaseUnavailableError or NodeUnavailableError: the run can't go on without the result.
    """
    given = json.dumps(arguments, ensure_ascii=False)
    output = await tools.call(context, name, given)
    if context.unavailable:
        raise context.unavailable
    return transcript.completed(len(context.calls), name, given, output)


async def _finish(context: RunContext, text: str) -> None:
    """Finish a run whose model ended with a text instead of a tool: search again if needed, send it as a draft."""
    if not text:
        context.escalate("agent_error", rule="model:empty")
        return
    if not context.passages:
        await _call(context, protocol.SEARCH, query=questions.second_query(context.text, _earlier_messages(context)))
    if not context.finished:
        await _call(context, protocol.SEND, text=text[:8000])
    if not context.finished:
        context.escalate("unsafe_reply", rule=f"output:{context.problems[-1] if context.problems else 'refused'}")


def _earlier_messages(context: RunContext) -> list[str]:
    return [message.content for message in context.turn.earlier if message.direction == "inbound"]
