"""Turns in the hands of clients of the tools (MCP): taken with the customer's lease, renewed, ended once.

It is the pipeline's way: whoever holds the lease may end the turn, in one transaction, under the same policy. A client
that goes away loses the lease, and the agent answers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from db.ids import new_id
from db.intake.channels import ChannelMessage, accept_message
from db.outbound.channel_configs import ChannelConfigs
from db.pool import Pool, acquire, transaction
from db.records import Analysis, Decision, Lease, Turn
from db.turns import end_turn, leases, open_turn, stored_turns
from db.turns.decisions import InboxState
from db.turns.end_turn import TurnLostError
from deployments.agent.decision import BackAt, DecisionBuilder, always_staffed
from deployments.agent.run_context import RunContext
from deployments.identity.node import IdentityNode
from deployments.turns.leases import release
from deployments.turns.policy import TurnPolicy
from deployments.turns.reply_limit import ReplyLimit
from deployments.turns.sentiment import sentiment_of
from deployments.turns.turn_writes import turn_writes

IDLE_S = 300.0
"""A turn that its client leaves alone for so long goes back to the agent."""

BUSY = "Refused: a message of this customer's is being answered at this moment. Nothing was stored; try again later."
ANSWERED = "Refused: no message of {} waits for an answer. A person replies to it with the staff's calls."
STAFFED = "Refused: a person has taken {} over. Nothing is said to its customer in the agent's name until its release."
UNKNOWN = "Refused: there is no ticket {}."
LOST = "Refused: the turn of {} is no longer yours, it took too long or a person took it over. Nothing was sent."


class RefusedError(Exception):
    """Nothing was done; the text tells the client why, and what to do instead."""


@dataclass(slots=True, kw_only=True)
class _Asked:
    """What the record says of the model: one request of the client's, none where a rule decided first."""

    requests: int
    elapsed_ms: float = 0.0
    usage: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class ClientRun:
    """A ticket in a client's hands, taken or only looked at. Times are the clock's."""

    caller: str
    context: RunContext
    analyses: list[Analysis]
    began: float
    touched: float
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def turn(self) -> Turn:
        """The turn it is about."""
        return self.context.turn


class ClientTurns:
    """Takes and ends turns for clients. With `approval` answers are drafts until a person approves them.

    `links` gives a ticket's status link by its number; `back` says when people are there again.
    """

    def __init__(
        self,
        *,
        pool: Pool,
        links: Callable[[str], str],
        approval: bool = False,
        back: BackAt = always_staffed,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pool, self._links, self._back, self._clock, self._now = pool, links, back, clock, now
        self._identity = IdentityNode(pool=pool)
        self._policy = TurnPolicy(limit=ReplyLimit(configs=ChannelConfigs(pool), links=links), approval=approval)
        self._holder = f"mcp:{new_id()}"

    def link(self, number: str) -> str:
        """Return where the customer reads a ticket."""
        return self._links(number)

    async def file(self, message: ChannelMessage) -> Turn:
        """Store a message and take its turn, both or nothing. Raises RefusedError, DatabaseUnavailableError."""
        async with transaction(self._pool) as connection:  # committed apart, the agent might be the first to see it
            accepted = await accept_message(connection, message)
            taken = await leases.take(connection, [accepted.inbox_id], self._holder) if accepted else {}
            opened = await open_turn.open_turns(connection, list(taken.values()))
            if accepted is None or not opened or opened[0].conversation_id != accepted.conversation_id:
                raise RefusedError(BUSY)
            return opened[0]

    async def take(self, number: str) -> Turn:
        """Take the turn of a ticket whose message waits. Raises RefusedError, DatabaseUnavailableError."""
        inbox_id, state = await self._last(number)
        if state != "waiting":
            raise RefusedError((STAFFED if state in ("held", "drafted") else ANSWERED).format(number))
        turn = (await self._identity.open_turns([inbox_id], self._holder)).get(inbox_id)
        if turn is None:
            raise RefusedError(BUSY)
        if turn.ticket.number != number or turn.owner == "staff":
            await self.give_back([turn.lease])
            raise RefusedError(STAFFED.format(number) if turn.owner == "staff" else BUSY)
        return turn

    async def look(self, number: str) -> Turn:
        """Return the last turn of a ticket without taking it. Raises RefusedError, DatabaseUnavailableError."""
        inbox_id, _ = await self._last(number)
        async with acquire(self._pool) as connection:
            turn = await stored_turns.turn_as_opened(connection, inbox_id)
        if turn is None:
            raise RefusedError(UNKNOWN.format(number))
        return turn

    async def end(self, run: ClientRun, *, decided_by_rule: bool = False) -> Decision:
        """Write the decision that the run came to, and end the lease. Raises RefusedError when it was lost."""
        decisions = DecisionBuilder(
            model_name=f"mcp:{run.caller}", prompt_version="", links=self._links, back_at=self._back
        )
        asked = _Asked(requests=0 if decided_by_rule else 1)
        decision = await self._policy.apply(run.turn, decisions.build(run.context, asked))
        stages_ms = {"mcp": round((self._clock() - run.began) * 1000, 2)}
        sentiment = sentiment_of(run.turn, run.analyses)
        end = turn_writes(run.turn, sentiment, decision=decision, stages_ms=stages_ms, now=self._now())
        try:
            async with acquire(self._pool) as connection:
                await end_turn.finish_turn(connection, run.turn, decision, end)
        except TurnLostError:
            raise RefusedError(LOST.format(run.turn.ticket.number)) from None
        return decision

    async def renew(self, held: Mapping[Lease, ClientRun]) -> list[Lease]:
        """Prolong leases; return those that are lost or were left alone too long, which are given back."""
        idle = [lease for lease, run in held.items() if self._clock() - run.touched > IDLE_S]
        kept = [lease for lease in held if lease not in idle]
        await self.give_back(idle)
        async with acquire(self._pool) as connection:
            still = await leases.renew(connection, kept)
        return [*idle, *(lease for lease in kept if lease.customer_id not in still)]

    async def give_back(self, held: list[Lease]) -> None:
        """End leases at once; the sweeper lets the agent take over."""
        await release(self._pool, held)

    async def _last(self, number: str) -> tuple[UUID, InboxState]:
        async with acquire(self._pool) as connection:
            found = await stored_turns.last_message_of_ticket(connection, number)
        if found is None:
            raise RefusedError(UNKNOWN.format(number))
        return found
