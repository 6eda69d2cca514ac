"""Where MCP clients work: the agent's tools and state machine over tickets that the clients name.

`create_ticket` takes a ticket's turn; it is the caller's until it has answered or escalated. The reading tools look at
any ticket and take nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, cast

import structlog
from pydantic import BaseModel, ValidationError

from db.ids import new_id
from db.intake.channels import ChannelMessage
from db.pool import DatabaseUnavailableError
from db.records import Decision, Turn
from deployments.agent import protocol, tools
from deployments.agent.node import AgentNode
from deployments.analysis_node import AnalysisNode
from deployments.turns.client_turns import ClientRun, ClientTurns, RefusedError
from deployments.turns.leases import RENEW_EVERY_S
from deployments.turns.sentiment import texts_of
from ingest.events import INCOMING
from ingest.identifiers import InvalidIdentifierError
from ingest.text import clean, one_line
from serve_app.mcp_server.inputs import INPUTS, OpenTicketInput

LOOKED_AT = 200
"""Tickets whose reading is remembered; who comes back to an older one begins with the history again."""
LOOK = "Look before you repeat it: what was stored is kept, and the agent answers what nobody holds."
AWAY = f"The database went away meanwhile. {LOOK}"
FAILED = f"The tool failed; the server's log has the cause. {LOOK}"
OFF = (
    f"Refused: the agent is switched off (AGENT_MODE=off), so nothing is answered in its name. Hand over instead: "
    f"{protocol.CREATE_TICKET} does that by itself, and a ticket that it has taken is with a person already."
)
OUTDATED = (
    "Refused: the product was started anew with other settings since this server began. Start `nightdesk mcp` anew, so "
    "that it goes by those. Nothing was stored."
)
FIRST = "Refused: call create_ticket with this ticket first; it takes the waiting message for you."

log = structlog.get_logger(__name__)
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodes:
    """The parts that decide, with their models loaded."""

    analysis: AnalysisNode
    agent: AgentNode


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a client is told. Not `ok`: it was refused or failed, and the text says what to do instead."""

    text: str
    ok: bool = True


class McpSession:
    """Runs tools for named callers; a context manager that gives back what is still held. `nodes` are loaded once.

    Without `answers` the agent is switched off: what is taken is handed over. Once it is `outdated` all is refused.
    """

    def __init__(
        self,
        *,
        turns: ClientTurns,
        nodes: Callable[[], Awaitable[Nodes]],
        answers: bool = True,
        outdated: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._turns, self._load, self._clock, self._now = turns, nodes, clock, now
        self._answers, self._outdated = answers, outdated
        self._loaded: Nodes | None = None
        self._loading = asyncio.Lock()
        self._live: dict[_Key, ClientRun] = {}
        self._looked_at: OrderedDict[_Key, ClientRun] = OrderedDict()
        self._renewal: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._renewal = asyncio.create_task(self._renew(), name="mcp-renewal")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._renewal is not None:
            self._renewal.cancel()
        await self._turns.give_back([run.turn.lease for run in self._live.values()])

    async def call(self, caller: str, name: str, arguments: Mapping[str, Any]) -> Answer:
        """ClientRun a tool for a caller; never raises for what is wrong with a call, a ticket or the database."""
        try:
            self._refuse(name)
            given = INPUTS[name].model_validate(dict(arguments))
            if isinstance(given, OpenTicketInput):
                return await self._create(caller, given)
            return await self._on_ticket(caller, name, given)
        except RefusedError as refused:
            return Answer(text=str(refused), ok=False)
        except ValidationError as error:
            return Answer(text=tools.invalid_arguments(name, error), ok=False)
        except DatabaseUnavailableError:
            return Answer(text=AWAY, ok=False)
        except Exception:
            log.exception("mcp_call_failed", tool=name)
            return Answer(text=FAILED, ok=False)

    def _refuse(self, name: str) -> None:
        if self._outdated():
            raise RefusedError(OUTDATED)
        if name == protocol.SEND and not self._answers:
            raise RefusedError(OFF)

    async def _create(self, caller: str, given: OpenTicketInput) -> Answer:
        if given.ticket and (run := self._live.get((caller, given.ticket))):
            return await self._use(run, protocol.CREATE_TICKET, given, (caller, given.ticket))
        await self._nodes()  # loaded before the lease is taken, for it lives only seconds
        taken = self._turns.take(given.ticket) if given.ticket else self._turns.file(self._message(caller, given))
        turn = await taken
        try:
            run, told = await self._opened(caller, turn, given)
        except BaseException:
            await self._turns.give_back([turn.lease])
            raise
        if run.context.finished:
            decision = await self._turns.end(run, decided_by_rule=True)
            return Answer(text=f"{told}\nA rule has decided it ({run.context.rule}). {_became(turn, decision)}")
        self._live[caller, turn.ticket.number] = run
        return Answer(text=told)

    async def _opened(self, caller: str, turn: Turn, given: OpenTicketInput) -> tuple[ClientRun, str]:
        run = await self._run(caller, turn)
        opened = await (await self._nodes()).agent.open(run.context, **_of_the_tool(protocol.CREATE_TICKET, given))
        told = json.loads(cast("dict[str, Any]", opened[-1])["output"])
        if given.ticket is None and turn.channel == "web_form":  # nobody but the client can pass it on
            told["status_link"] = self._turns.link(turn.ticket.number)
        return run, json.dumps(told, ensure_ascii=False)

    async def _on_ticket(self, caller: str, name: str, given: BaseModel) -> Answer:
        number = getattr(given, "ticket", None)
        if number is None:
            return await self._search(None, given)
        key = caller, number
        if run := self._live.get(key):
            return await self._use(run, name, given, key)
        if name in (protocol.SEND, protocol.ESCALATE):
            raise RefusedError(FIRST)
        looked_at = None if name == protocol.GET_HISTORY else self._looked_at.get(key)  # the history begins anew
        run = looked_at or await self._look(key)
        async with run.lock:
            return await self._search(run, given) if name == protocol.SEARCH else await _called(run, name, given)

    async def _use(self, run: ClientRun, name: str, given: BaseModel, key: _Key) -> Answer:
        async with run.lock:
            run.touched = self._clock()
            answer = await _called(run, name, given)
            if run.context.finished and self._live.pop(key, None) is run:
                # Whatever happens now: it is written, or the lease lapses and the agent answers.
                decision = await self._turns.end(run)
                return Answer(text=f"{answer.text} {_became(run.turn, decision)}", ok=answer.ok)
        return answer

    async def _search(self, run: ClientRun | None, given: BaseModel) -> Answer:
        """Search without taking anything: two searches in vain end nobody's turn here."""
        nodes = await self._nodes()
        query = tools.SearchKnowledgeBaseInput.model_validate(_of_the_tool(protocol.SEARCH, given))
        if run is not None and (refused := protocol.refusal(run.context, protocol.SEARCH)):
            raise RefusedError(refused)
        found = await tools.find_passages(nodes.agent.services, nodes.analysis.model_id, query)
        if run is not None:
            run.context.searches.append(found)
            protocol.advance(run.context, protocol.SEARCH)
        return Answer(text=tools.search_result(found))

    async def _look(self, key: _Key) -> ClientRun:
        run = await self._run(key[0], await self._turns.look(key[1]))
        run.context.phase = "opened"  # the ticket is there: what create_ticket would have said
        self._looked_at[key] = run
        while len(self._looked_at) > LOOKED_AT:
            self._looked_at.popitem(last=False)
        return run

    async def _run(self, caller: str, turn: Turn) -> ClientRun:
        nodes, now = await self._nodes(), self._clock()
        analyses = await nodes.analysis.analyse(texts_of(turn))
        context = await nodes.agent.context(turn, analyses[0])
        return ClientRun(caller=caller, context=context, analyses=analyses, began=now, touched=now)

    async def _nodes(self) -> Nodes:
        async with self._loading:
            if self._loaded is None:
                self._loaded = await self._load()
        return self._loaded

    def _message(self, caller: str, given: OpenTicketInput) -> ChannelMessage:
        try:
            identifier = given.identifier
        except InvalidIdentifierError as error:
            raise RefusedError(f"Refused: customer {error}.") from error
        return ChannelMessage(
            channel=given.channel,
            provider="mcp",
            provider_message_id=str(new_id()),
            identifier_type="whatsapp" if given.channel == "whatsapp" else "email",
            identifier=identifier,
            verified=False,
            content=clean(given.message or ""),
            received_at=self._now(),
            topic=INCOMING,
            display_name=one_line(given.name, 255),
            subject=one_line(given.subject, 500),
            metadata={"filed_by": caller},
        )

    async def renew(self) -> None:
        """Keep what callers work on; let go what they left alone. Raises DatabaseUnavailableError."""
        held = {run.turn.lease: run for run in self._live.values()}
        gone = await self._turns.renew(held) if held else []
        self._live = {key: run for key, run in self._live.items() if run.turn.lease not in gone}

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY_S)
            with contextlib.suppress(DatabaseUnavailableError):
                await self.renew()


async def _called(run: ClientRun, name: str, given: BaseModel) -> Answer:
    text = await tools.call(run.context, name, json.dumps(_of_the_tool(name, given)))
    away, run.context.unavailable = run.context.unavailable, None
    if away:
        raise DatabaseUnavailableError(str(away)) from away
    return Answer(text=text, ok=run.context.calls[-1].ok)


def _of_the_tool(name: str, given: BaseModel) -> dict[str, Any]:
    """The arguments that are the agent's tool's own."""
    return given.model_dump(mode="json", include=set(tools.TOOLS[name].arguments.model_fields), exclude_none=True)


def _became(turn: Turn, decision: Decision) -> str:
    number = turn.ticket.number
    if decision.drafted:
        return f"{number}: the answer waits for a person's approval."
    if decision.withheld:
        return f"{number}: handed over ({decision.reason}); nothing is sent: {decision.withheld}."
    what = "answered" if decision.outcome == "answered" else f"handed over ({decision.reason}), the customer is told so"
    return f"{number}: {what}; the text leaves by {turn.channel}."
