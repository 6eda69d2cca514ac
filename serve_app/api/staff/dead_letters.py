"""Dead letters (K4, H11), for the staff: list, show and replay."""

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
from serve_app.api.base.routes import add_route, errors, json_response
from serve_app.api.staff.security import STAFF

TICKET_CLOSED = (
    "The ticket of this message is closed for good, and nobody would answer in it: if the customer still needs an "
    "answer, write to them yourself; what they write then opens a new ticket"
)
State = Literal["dead", "replayed"]


class LetterView(BaseModel):
    """A dead letter. `inbox_id`: of an accepted message, whose sender has had an apology."""

    id: UUID
    topic: str = Field(description="Where it was read from: a Kafka topic, `inbox` (an accepted message) or `gmail`")
    cause: str
    state: State
    inbox_id: UUID | None
    created_at: datetime
    replayed_at: datetime | None
    replayed_by: str | None = Field(description="The name of the key; null where none was kept yet")


class LetterDetail(LetterView):
    """A dead letter with its content; bytes that are no UTF-8 become U+FFFD."""

    key: str = Field(description="The sender, as the topics are keyed")
    content: str


class LetterList(BaseModel):
    """Dead letters, newest first."""

    dead_letters: list[LetterView]


class DeadLetterCalls:
    """Handlers of /dead-letters."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps

    async def list_all(
        self,
        request: Request,
        state: Annotated[State | Literal["all"], Query()] = "dead",
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> Response:
        """List dead letters: those not replayed yet, those replayed, or all."""
        await self._deps.staff.require(request)
        async with acquire(self._deps.pool) as database:
            wanted = None if state == "all" else state
            letters = await dead_letters.list_recent(database, state=wanted, limit=limit)
        return json_response(LetterList(dead_letters=[LetterView(**_fields(letter)) for letter in letters]))

    async def show(self, request: Request, letter_id: UUID) -> Response:
        """Show a dead letter with its content."""
        await self._deps.staff.require(request)
        async with acquire(self._deps.pool) as database:
            letter = await dead_letters.get(database, letter_id)
        if letter is None:
            raise _not_found()
        content = letter.value.decode("utf-8", "replace")
        return json_response(LetterDetail(**_fields(letter), key=letter.key, content=content))

    async def replay(self, request: Request, letter_id: UUID) -> Response:
        """Process a dead letter again; if that fails, a new one is stored.

        Refused with 409: a second replay (ALREADY_REPLAYED), and a message whose ticket is closed (TICKET_CLOSED).
        """
        by = await self._deps.staff.require(request)
        letter = await self._replayed(letter_id, by)
        self._deps.relay.wake()
        return json_response(LetterView(**_fields(letter)))

    async def _replayed(self, letter_id: UUID, by: str) -> DeadLetter:
        try:
            async with transaction(self._deps.pool) as database:
                return await dead_letters.replay(database, letter_id, by=by, wake_on=INCOMING)
        except NoSuchLetterError:
            raise _not_found() from None
        except AlreadyReplayedError:
            raise ApiError(409, "This letter was replayed before", code="ALREADY_REPLAYED") from None
        except TicketClosedError:
            raise ApiError(409, TICKET_CLOSED, code="TICKET_CLOSED") from None


def dead_letters_router(deps: ApiDeps) -> APIRouter:
    """Return the routes of /dead-letters."""
    calls = DeadLetterCalls(deps)
    router = APIRouter(tags=["staff"], dependencies=[STAFF])
    add_route(
        router, "GET", "/dead-letters", "/dead-letters", calls.list_all,
        summary="List dead letters", response_model=LetterList, responses=errors(400, 401, 403, 429, 503),
    )  # fmt: skip
    add_route(
        router, "GET", "/dead-letters/{letter_id}", "/dead-letters/{letter_id}", calls.show,
        summary="Show a dead letter", response_model=LetterDetail, responses=errors(400, 401, 403, 404, 429, 503),
    )  # fmt: skip
    add_route(
        router, "POST", "/dead-letters/{letter_id}/replay", "/dead-letters/{letter_id}/replay", calls.replay,
        summary="Replay a dead letter", response_model=LetterView, responses=errors(400, 401, 403, 404, 409, 429, 503),
    )  # fmt: skip
    return router


def _fields(letter: DeadLetter) -> dict[str, object]:
    return {name: getattr(letter, name) for name in LetterView.model_fields}


def _not_found() -> ApiError:
    return ApiError(404, "There is no such dead letter")
