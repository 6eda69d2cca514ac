"""What the desk refuses, as errors of the API."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from db.intake.web_form import KeyReusedError
from deployments.staff.conversation_lock import (
    ConversationChangedError,
    ConversationStateError,
    UnknownConversationError,
)
from serve_app.api.base.errors import ApiError
from serve_app.api.public.tickets import key_reused

T = TypeVar("T")


async def with_api_errors(action: Awaitable[T]) -> T:
    """Await an action and turn its refusals into ApiError: 404, 409."""
    try:
        return await action
    except UnknownConversationError:
        raise ApiError(404, "There is no such conversation") from None
    except ConversationChangedError as error:
        raise ApiError(409, str(error), code="CHANGED") from None
    except ConversationStateError as error:
        raise ApiError(409, str(error), code="NOT_NOW") from None
    except KeyReusedError:
        raise key_reused() from None
