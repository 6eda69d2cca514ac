"""A conversation held still for one action of a person: who may do what in which state, and what they have seen.

Each action is one transaction that locks the conversation. A concurrent run of the agent is fenced by the
conversation's token: it writes nothing and opens its turn again under the new owner.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from db.pool import Connection, Pool, transaction
from db.staff import actions
from db.staff.actions import UNSENT_STATES, Action, ConversationState
from db.tickets.ticket_life import IllegalTransitionError
from deployments.runtime.wakeable import Wakeable
from deployments.staff.changes import describe_change


class UnknownConversationError(Exception):
    """There is no such conversation; nothing was done."""


class ConversationStateError(Exception):
    """The action is not possible in the conversation's state; nothing was done. The message says what to do instead."""


class ConversationChangedError(Exception):
    """Something has happened in the conversation that the person has not seen; nothing was done. The message says who
    did what: they look again, and decide."""


class ConversationLock:
    """Locks conversations; `relay` publishes what an action has queued."""

    def __init__(self, pool: Pool, relay: Wakeable) -> None:
        self._pool, self._relay = pool, relay

    @asynccontextmanager
    async def locked(
        self, conversation_id: UUID, by: str = "", seen: str | None = None
    ) -> AsyncIterator[tuple[Connection, ConversationState]]:
        """Lock the conversation for an action, and check that it is as `by` has seen it.

        Raises UnknownConversationError, ConversationChangedError, DatabaseUnavailableError, and
        ConversationStateError for what the ticket's life does not allow.
        """
        try:
            async with transaction(self._pool) as connection:
                state = await actions.lock(connection, conversation_id)
                if state is None:
                    raise UnknownConversationError(str(conversation_id))
                await check_seen(connection, state, by, seen)
                yield connection, state
        except IllegalTransitionError as error:
            raise ConversationStateError(
                f"{error}. Take the conversation over first, or try again in a moment"
            ) from None
        self._relay.wake()


def check_allowed(action: Action, state: ConversationState) -> None:
    """Raise ConversationStateError if the action is not possible in this state."""
    if state.status == "closed":
        raise ConversationStateError("This conversation is closed: what the customer writes next opens a new one")
    if action == "release" and state.owner == "agent":
        raise ConversationStateError("The agent has this conversation already: there is nothing to release")
    if action == "resolve" and state.owner == "agent" and state.unanswered:
        raise ConversationStateError(
            "The agent is about to answer. Take the conversation over first, or try again in a moment"
        )
    if action == "resolve" and state.ticket_status == "resolved":
        raise ConversationStateError("The ticket is resolved already: close it, or reply to go on")


async def check_seen(connection: Connection, state: ConversationState, by: str, seen: str | None) -> None:
    """Raise ConversationChangedError if the conversation is not as the person has seen it."""
    if seen is None or seen == state.version:
        return
    change = await actions.newest_change(connection, state.conversation_id)
    raise ConversationChangedError(f"{describe_change(change, by)} since you looked: read it, then decide again")


async def take_over(connection: Connection, state: ConversationState, by: str) -> None:
    """Give the conversation to `by`: the agent stops, and its unsent replies are dropped."""
    await actions.take_over(connection, state, by)
    await actions.cancel_unsent(connection, state.conversation_id, UNSENT_STATES, why=f"taken over by {by}")
    await actions.record(connection, state.conversation_id, "take_over", by)
