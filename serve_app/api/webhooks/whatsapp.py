"""The webhooks of Twilio (H4, H5): a customer's WhatsApp message, and the delivery status of one that we sent.

A post is accepted only with Twilio's signature over the public URL. While the channel is off there is no key to check
one with, so every post is refused (403, `CHANNEL_OFF`). Switched off in `channel_configs` alone it has one: then only
messages are refused, and the status of what was sent before is recorded. A post costs one commit; the work is done by
other nodes.
"""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from db.ids import new_id
from db.intake.channels import ChannelMessage, accept_message, payload_of
from db.pool import Connection, acquire, transaction
from db.tickets.rating_questions import Answer, take_answer
from deployments.channels.switches import NOT_ENABLED
from deployments.channels.whatsapp.delivery_status import PartKey, record_status
from ingest import tracing
from ingest.events import InvalidMessageError
from ingest.whatsapp.intake import channel_message
from ingest.whatsapp.marks import mark_of
from ingest.whatsapp.message import parse
from ingest.whatsapp.post import Params
from ingest.whatsapp.signature import verify
from ingest.whatsapp.status import parse_status
from serve_app.api.base.channels import refuse_when_off
from serve_app.api.base.deps import ApiDeps
from serve_app.api.base.errors import ApiError
from serve_app.api.base.routes import add_route, errors

TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""Tells Twilio to send nothing now: replies are sent by its API."""
CONNECTION_TIMEOUT_S = 8.0
"""How long to wait for a free connection: Twilio gives up after 15 s, and by default does not retry after a 503."""

Signature = Annotated[str, Header(alias="X-Twilio-Signature", description="Over the public URL and all parameters")]
Algorithm = Annotated[
    str, Header(alias="X-Twilio-Webhooks-Signature-Settings", description="Names the algorithm, where it is not SHA-1")
]
PartParameter = Annotated[str, Query(description="The part that it is about, as our StatusCallback URL names it")]
_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["MessageSid"],
                    "properties": {"MessageSid": {"type": "string"}},
                    "additionalProperties": {"type": "string"},
                }
            }
        },
    }
}
_log = structlog.get_logger(__name__)


class TwilioCalls:
    """Handlers of the two webhooks."""

    def __init__(self, deps: ApiDeps) -> None:
        self._deps = deps

    async def message(self, request: Request, signature: Signature = "", algorithm: Algorithm = "") -> Response:
        """Accept a customer's message. A repeated one changes nothing, whenever it comes."""
        began, deps = time.time_ns(), self._deps
        params = await self._signed(request, signature, algorithm)
        await refuse_when_off(deps, "whatsapp")
        try:
            parsed = parse(params)
        except InvalidMessageError as error:
            raise ApiError(400, f"This is no WhatsApp message: {error}") from None
        record = channel_message(
            parsed, now=deps.clock(), quiet_s=deps.twilio.quiet_s, join_hours=deps.twilio.join_hours
        )
        good = mark_of(parsed)
        async with acquire(deps.pool, timeout=CONNECTION_TIMEOUT_S) as database:
            if good is not None and await self._is_mark(database, record, good=good):
                _log.info("whatsapp_mark", sid=parsed.provider_message_id, good=good)
                return _twiml()
            accepted = await accept_message(database, record)
        if accepted is not None:
            tracing.accepted(accepted.inbox_id, "whatsapp", since=began)
            # The wake is published once the customer has been quiet; if this process dies first, the sweeper does it.
            asyncio.get_running_loop().call_later(accepted.wake_in_s, deps.relay.wake)
        ids = {"inbox_id": str(accepted.inbox_id), "conversation_id": str(accepted.conversation_id)} if accepted else {}
        _log.info("whatsapp_message", sid=parsed.provider_message_id, repeated=accepted is None, **ids)
        return _twiml()

    async def status(
        self, request: Request, part: PartParameter = "", signature: Signature = "", algorithm: Algorithm = ""
    ) -> Response:
        """Record the status of a message that we sent; a status only moves forward."""
        deps = self._deps
        params = await self._signed(request, signature, algorithm)
        try:
            update, key = parse_status(params), PartKey.parse(part) if part else None
        except InvalidMessageError as error:
            raise ApiError(400, f"This is no status of ours: {error}") from None
        async with transaction(deps.pool) as database:
            changed = await record_status(database, key, update, has_template=deps.twilio.template_sid is not None)
        if changed:
            deps.relay.wake()
        return _twiml()

    async def _is_mark(self, database: Connection, record: ChannelMessage, *, good: bool) -> bool:
        """Store the mark if the message answers the question after a resolution: then it opens no ticket."""
        inbox_id = new_id()
        answer = Answer(
            inbox_id=inbox_id,
            provider=record.provider,
            provider_message_id=record.provider_message_id,
            sender_key=record.sender_key,
            content=record.content,
            payload=payload_of(record, str(inbox_id), []),
            good=good,
        )
        return await take_answer(database, answer, reopen=self._deps.rating_reopens)

    async def _signed(self, request: Request, signature: str, algorithm: str) -> Params:
        """Return the form's parameters. Raises ApiError 403 unless Twilio's signature is right."""
        token = self._token()
        params = _parameters(await request.body())
        query = request.scope["query_string"].decode("latin-1")
        url = f"{self._deps.public_base_url}{request.url.path}{'?' if query else ''}{query}"
        if not verify(token, url, params, signature, settings=algorithm):
            raise ApiError(403, "The signature is missing or wrong: check PUBLIC_BASE_URL and TWILIO_AUTH_TOKEN")
        return params

    def _token(self) -> str:
        deps = self._deps
        token = deps.twilio.auth_token
        if not deps.channels.enabled("whatsapp"):
            raise ApiError(403, f"WhatsApp is off: {NOT_ENABLED}", code="CHANNEL_OFF")
        if token is None or deps.twilio.missing:
            raise ApiError(403, f"WhatsApp is off: {', '.join(deps.twilio.missing)} not set", code="CHANNEL_OFF")
        return token.get_secret_value()


def twilio_router(deps: ApiDeps) -> APIRouter:
    """Return the routes of the two webhooks."""
    calls = TwilioCalls(deps)
    router = APIRouter(tags=["webhooks"])
    answers = errors(400, 403, 408, 413, 503)
    answers[403]["description"] = "The signature is missing or wrong, or the channel is off"
    options: dict[str, Any] = {
        "responses": answers | {200: {"content": {"text/xml": {"schema": {"type": "string"}}}}},
        # A response class with a media type would declare it for the errors as well, and those are JSON.
        "response_class": Response,
        "openapi_extra": _FORM,
    }
    add_route(
        router, "POST", "/webhooks/whatsapp", "/webhooks/whatsapp", calls.message,
        summary="A WhatsApp message, from Twilio", **options,
    )  # fmt: skip
    add_route(
        router, "POST", "/webhooks/whatsapp/status", "/webhooks/whatsapp/status", calls.status,
        summary="The status of a message of ours, from Twilio", **options,
    )  # fmt: skip
    return router


def _twiml() -> Response:
    return Response(TWIML, media_type="text/xml", headers={"Cache-Control": "no-store"})


def _parameters(body: bytes) -> Params:
    """Parse a form; a body that is none yields no parameters, which no signature matches."""
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=200)
    except ValueError:
        return []
