"""The calls by which customers send files: a form with files, a further message with files. Both are multipart."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request, UploadFile
from pydantic import Field
from starlette.responses import Response

from db.intake.form_files import NewFile
from ingest.form_files import FileRules, RefusedFileError
from ingest.web_form import SupportForm, TicketReply
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError
from serve_app.api.base.models import FormAccepted, ReplyAccepted
from serve_app.api.base.routes import add_route, errors
from serve_app.api.public.proof import Proof
from serve_app.api.public.tickets import IdempotencyKey, PublicCalls, TicketNumber, Token

_DESCRIPTION = "FORM_FILES of them at most, of FORM_FILE_MB each; their bytes have to be of FORM_FILE_TYPES"


class FormWithFiles(SupportForm):
    """A request for support, with files."""

    files: list[UploadFile] = Field(default=[], description=_DESCRIPTION)


class ReplyWithFiles(TicketReply):
    """What customers add to their tickets, with files."""

    files: list[UploadFile] = Field(default=[], description=_DESCRIPTION)


class FileCalls:
    """The handlers: `calls` does the rest of the work."""

    def __init__(self, calls: PublicCalls, rules: FileRules) -> None:
        self._calls, self._rules = calls, rules

    async def submit(
        self,
        request: Request,
        form: Annotated[FormWithFiles, Form(media_type="multipart/form-data")],
        key: IdempotencyKey = None,
        proof: Proof = None,
    ) -> Response:
        """Open a ticket, as `POST /support/form` does, with files. All of it is stored, or nothing is."""
        try:
            files = await accepted_files(self._rules, form.files)
        except ApiError:
            await self._calls.count_refused(request)
            raise
        fields = SupportForm(**form.model_dump(include=set(SupportForm.model_fields)))
        return await self._calls.submit_with(request, fields, key, proof, files)

    async def reply(
        self,
        request: Request,
        number: TicketNumber,
        reply: Annotated[ReplyWithFiles, Form(media_type="multipart/form-data")],
        token: Token = "",
        key: IdempotencyKey = None,
    ) -> Response:
        """Write into a ticket, as `POST /tickets/{ticket_id}/messages` does, with files."""
        # For a stranger no byte is looked at; they are refused below.
        files = await accepted_files(self._rules, reply.files) if self._calls.opens(number, token) else ()
        return await self._calls.reply_with(request, number, TicketReply(message=reply.message), token, key, files)


def form_files_router(deps: ApiDeps) -> APIRouter:
    """Return the routes of messages with files."""
    calls = FileCalls(PublicCalls(deps), deps.file_rules)
    router = APIRouter(tags=["customers"])
    off = {403: {**errors(403)[403], "description": "The web form is off"}}
    add_route(
        router, "POST", "/support/form/files", None, calls.submit,
        summary="Send a form with files", status_code=201, response_model=FormAccepted,
        responses=errors(400, 408, 409, 413, 429, 503) | off,
    )  # fmt: skip
    add_route(
        router, "POST", "/tickets/{ticket_id}/messages/files", None, calls.reply,
        summary="Write into a ticket, with files", status_code=201, response_model=ReplyAccepted,
        responses=errors(400, 404, 408, 409, 413, 429, 503) | off,
    )  # fmt: skip
    return router


async def accepted_files(rules: FileRules, uploads: Sequence[UploadFile]) -> tuple[NewFile, ...]:
    """Return the files as they are kept. Raises ApiError 400, with the reason as its code and `files` as its field."""
    try:
        rules.check_number(len(uploads))
        for upload in uploads:
            rules.check_size(upload.filename or "", upload.size or 0)
        return tuple([await _accepted(rules, upload) for upload in uploads])
    except RefusedFileError as error:
        raise ApiError(400, str(error), code=error.code, field="files") from None


async def _accepted(rules: FileRules, upload: UploadFile) -> NewFile:
    """Tell a file's type in a thread: five million characters take 20 ms."""
    return await asyncio.to_thread(rules.accept, upload.filename or "", await upload.read())
