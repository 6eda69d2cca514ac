"""The webhook of Pub/Sub (H3): a hint that the Gmail mailbox has changed. The reporting node reads the mailbox.

A push is accepted only with an OIDC token of Google for our audience and service account. It costs one commit.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Header, Request
from starlette.responses import Response

from db.intake import mailbox
from db.pool import acquire
from deployments.channels.gmail.transport import fetch_certificates
from deployments.channels.switches import NOT_ENABLED
from ingest.events import InvalidMessageError
from ingest.identifiers import normalise_email
from ingest.mail.push import parse_push
from ingest.mail.push_token import CertificatesUnavailableError, ForgedPushError, PushVerifier, bearer_token
from serve_app.api.base.channels import refuse_when_off
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError, retry_after
from serve_app.api.base.routes import add_route, errors

PATH = "/webhooks/gmail"
CERTIFICATES_RETRY_SECONDS = 10
Authorization = Annotated[str, Header(description="`Bearer` and the OIDC token that Pub/Sub was told to send")]
_PUSH: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["message"],
                    "properties": {
                        "message": {
                            "type": "object",
                            "required": ["data"],
                            "properties": {"data": {"type": "string"}, "messageId": {"type": "string"}},
                        },
                        "subscription": {"type": "string"},
                    },
                }
            }
        },
    }
}
_log = structlog.get_logger(__name__)


class GmailCalls:
    """Handler of the pushes; its verifier caches Google's certificates."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps
        self._verifier = _verifier(deps)
        self._mailbox = normalise_email(deps.gmail.user) if deps.gmail.user else ""

    async def push(self, request: Request, authorization: Authorization = "") -> Response:
        """Store a hint. The mailbox itself is read afterwards, so a repeated or delayed hint does no harm."""
        await self._verified(authorization)
        await refuse_when_off(self._deps, "email", status=401)
        try:
            hint = parse_push(await request.body())
        except InvalidMessageError as error:
            raise ApiError(400, f"This is no push of Gmail's: {error}") from None
        if hint.email != self._mailbox:
            # Pub/Sub would repeat a refused push; this one concerns nobody here.
            _log.warning("push_for_another_mailbox", subscription=hint.subscription)
            return Response(status_code=200)
        async with acquire(self._deps.pool) as database:
            await mailbox.record_hint(database, hint.email, hint.history_id)
        return Response(status_code=200)

    async def _verified(self, authorization: str) -> None:
        """Return for a genuine push. Raises ApiError 401, or 503 while Google's certificates can't be fetched."""
        if self._verifier is None:
            raise ApiError(401, f"Gmail's pushes are off: {_missing(self._deps)}", code="CHANNEL_OFF")
        try:
            # In a thread: it may fetch the certificates.
            await asyncio.to_thread(self._verifier.verify, bearer_token(authorization))
        except ForgedPushError as error:
            raise ApiError(401, f"The push is not Google's for this subscription: {error}") from None
        except CertificatesUnavailableError as error:
            _log.warning("certificates_unavailable", cause=str(error))
            headers = retry_after(CERTIFICATES_RETRY_SECONDS)
            raise ApiError(503, "Google's certificates can't be had", headers=headers) from None


def gmail_router(deps: ApiDeps) -> APIRouter:
    """Return the route of the pushes."""
    router = APIRouter(tags=["webhooks"])
    answers = errors(400, 401, 408, 413, 503)
    answers[401]["description"] = "The token is missing or not Google's for our subscription, or the channel is off"
    add_route(
        router, "POST", PATH, PATH, GmailCalls(deps).push,
        summary="A change in the Gmail mailbox, from Pub/Sub", responses=answers, response_class=Response,
        openapi_extra=_PUSH,
    )  # fmt: skip
    return router


def _verifier(deps: ApiDeps) -> PushVerifier | None:
    gmail = deps.gmail
    if not deps.channels.enabled("email") or gmail.missing or gmail.service_account is None:
        return None
    return PushVerifier(
        audience=gmail.audience or f"{deps.public_base_url}{PATH}",
        service_account=gmail.service_account,
        fetch=partial(fetch_certificates, gmail.certs_url),
    )


def _missing(deps: ApiDeps) -> str:
    if not deps.channels.enabled("email"):
        return NOT_ENABLED
    names = deps.gmail.missing or ("GMAIL_PUBSUB_SERVICE_ACCOUNT",)
    return f"{', '.join(names)} not set"
