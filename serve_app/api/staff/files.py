"""Opens a customer's file for the staff. It is handed out to be saved: no browser shows or runs it at our address."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from db.staff.files import MessageFileKey
from deployments.channels.files import FILE_BYTES, FileGoneError, FileTooLargeError, FileUnavailableError
from deployments.staff.files import FileDesk, NoFileSourceError, OpenedFile, UnknownFileError
from serve_app.api.base.channels import NAMES
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError, retry_after
from serve_app.api.base.providers import file_sources
from serve_app.api.base.routes import add_route, errors
from serve_app.api.staff.security import STAFF

PATH = "/conversations/{conversation_id}/messages/{message_id}/files/{n}"
NAMED_TYPES = frozenset(
    {"application/pdf", "audio/mpeg", "audio/ogg", "image/gif", "image/jpeg", "image/png", "image/webp", "text/plain"}
    | {"video/mp4"}
)
"""Types that run nothing; every other file is handed out as bytes without a type."""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
TOO_LARGE = f"Larger than {FILE_BYTES // 1_000_000} MB: open it in the mailbox or in Twilio's console"


class FileCalls:
    """The handler of a file's path."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps
        self._desk = FileDesk(
            pool=deps.pool, sources=file_sources(deps.pool, deps.file_folder, deps.gmail, deps.twilio)
        )

    async def open(
        self,
        request: Request,
        conversation_id: UUID,
        message_id: UUID,
        n: Annotated[int, Path(ge=0, le=1_000, description="Which of the message's `attachments`, from 0")],
    ) -> Response:
        """Fetch a file from where it is kept. Who opened it is written down, and shown with the conversation."""
        by = await self._deps.staff.require(request)
        key = MessageFileKey(conversation_id=conversation_id, message_id=message_id, n=n)
        try:
            return _attached(await self._desk.open(key, by=by))
        except UnknownFileError:
            raise ApiError(404, "There is no such file") from None
        except NoFileSourceError as error:
            name = next(name for channel, name in NAMES.items() if channel == str(error))
            raise ApiError(409, f"{name} has no credentials, and the file is there", code="CHANNEL_OFF") from None
        except FileGoneError as error:
            raise ApiError(404, f"The file can't be had: {error}", code="FILE_GONE") from None
        except FileTooLargeError:
            raise ApiError(413, TOO_LARGE, code="FILE_TOO_LARGE") from None
        except FileUnavailableError as error:
            raise ApiError(503, f"The file can't be had now: {error}", headers=retry_after(error.retry_in)) from None


def files_router(deps: ApiDeps) -> APIRouter:
    """Return the route by which the staff open files."""
    router = APIRouter(tags=["staff"], dependencies=[STAFF])
    add_route(
        router, "GET", PATH, PATH, FileCalls(deps).open,
        summary="Open a customer's file", response_class=Response,
        responses=errors(400, 401, 403, 404, 409, 413, 429, 503)
        | {200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}},
    )  # fmt: skip
    return router


def _attached(file: OpenedFile) -> Response:
    named = file.content_type if file.content_type in NAMED_TYPES else "application/octet-stream"
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " .-_") else "_" for c in file.filename)
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.filename, safe='')}"
    return Response(file.content, headers={**HEADERS, "Content-Disposition": disposition, "Content-Type": named})
