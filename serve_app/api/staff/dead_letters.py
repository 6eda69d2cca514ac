"""What could not be handled (K4, H11): listed, looked at, and sent on its way again by a person."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from db.operations import dead_letters
from db.operations.dead_letters import AlreadyReplayedError, DeadLetter, NoSuchLetterError, TicketClosedError
from db.pool import acquire, transaction
from ingest.events import INCOMING
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError
from serve_app.api.base.routes import add_both, errors, json_response
from serve_app.api.staff.security import STAFF

TICKET_CLOSED = (
    "The ticket of this message is closed for good, and nobody would answer in it: if the customer still needs an "
    "answer, write to him yourself; what he writes then opens a new ticket"
)
State = Literal["dead", "replayed"]


class LetterView(BaseModel):
    """A dead letter. `inbox_id` where it is a message that was accepted; its customer had an apology then."""

    id: UUID
    topic: str = Field(description="Where it was read from: a Kafka topic, `inbox` (an accepted message) or `gmail`")
    cause: str
    state: State
    inbox_id: UUID | None
    created_at: datetime
    replayed_at: datetime | None
    replayed_by: str | None = Field(description="The name of the key; null where none was kept yet")


class LetterDetail(LetterView):
    """A dead letter with what it holds; bytes that are no UTF-8 show as U+FFFD."""

    key: str = Field(description="The sender, as the topics are keyed")
    content: str


class LetterList(BaseModel):
    """Dead letters, newest first."""

    dead_letters: list[LetterView]


class DeadLetterCalls:
    """The handlers."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps

    async def list_all(
        self,
        request: Request,
        state: Annotated[State | Literal["all"], Query()] = "dead",
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> Response:
        """List what waits for a person, or what was replayed."""
        self._deps.staff.require(request)
        async with acquire(self._deps.pool) as database:
            wanted = None if state == "all" else state
            letters = await dead_letters.list_recent(database, state=wanted, limit=limit)
        return json_response(LetterList(dead_letters=[LetterView(**_head(letter)) for letter in letters]))

    async def show(self, request: Request, letter_id: UUID) -> Response:
        """Show one with its content."""
        self._deps.staff.require(request)
        async with acquire(self._deps.pool) as database:
            letter = await dead_letters.get(database, letter_id)
        if letter is None:
            raise _unknown()
        content = letter.value.decode("utf-8", "replace")
        return json_response(LetterDetail(**_head(letter), key=letter.key, content=content))

    async def replay(self, request: Request, letter_id: UUID) -> Response:
        """Send it on its way again; what fails again becomes a letter of its own.

        Refused with 409: a second time (ALREADY_REPLAYED), and where its ticket is closed (TICKET_CLOSED).
        """
        by = self._deps.staff.require(request)
        letter = await self._replayed(letter_id, by)
        self._deps.relay.wake()
        return json_response(LetterView(**_head(letter)))

    async def _replayed(self, letter_id: UUID, by: str) -> DeadLetter:
        try:
            async with transaction(self._deps.pool) as database:
                return await dead_letters.replay(database, letter_id, by=by, wake_on=INCOMING)
        except NoSuchLetterError:
            raise _unknown() from None
        except AlreadyReplayedError:
            raise ApiError(409, "This letter was replayed before", code="ALREADY_REPLAYED") from None
        except TicketClosedError:
            raise ApiError(409, TICKET_CLOSED, code="TICKET_CLOSED") from None


def dead_letters_router(deps: ApiDeps) -> APIRouter:
    """Return the calls on dead letters."""
    calls = DeadLetterCalls(deps)
    router = APIRouter(tags=["staff"], dependencies=[STAFF])
    add_both(
        router, "GET", "/dead-letters", "/dead-letters", calls.list_all,
        summary="List dead letters", response_model=LetterList, responses=errors(400, 401, 403, 503),
    )  # fmt: skip
    add_both(
        router, "GET", "/dead-letters/{letter_id}", "/dead-letters/{letter_id}", calls.show,
        summary="Show a dead letter", response_model=LetterDetail, responses=errors(400, 401, 403, 404, 503),
    )  # fmt: skip
    add_both(
        router, "POST", "/dead-letters/{letter_id}/replay", "/dead-letters/{letter_id}/replay", calls.replay,
        summary="Replay a dead letter", response_model=LetterView, responses=errors(400, 401, 403, 404, 409, 503),
    )  # fmt: skip
    return router


def _head(letter: DeadLetter) -> dict[str, object]:
    return {name: getattr(letter, name) for name in LetterView.model_fields}


def _unknown() -> ApiError:
    return ApiError(404, "There is no such dead letter")
