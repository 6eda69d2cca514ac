"""Control endpoints of the Twilio stand-in: write as a customer, set the state of numbers."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from evaluation.providers.shared_state import json_body
from evaluation.providers.twilio.account import TwilioAccount
from evaluation.providers.twilio.customers import E164
from evaluation.providers.twilio.messages import Message


def twilio_control_routes(account: TwilioAccount) -> list[Route]:
    """Return `/_control/whatsapp`, `/whatsapp/repeat` and `/numbers`."""

    async def whatsapp(request: Request) -> Response:
        order = await json_body(request)
        try:
            message = write_message(account, order, str(request.base_url).rstrip("/"))
        except (KeyError, TypeError, ValueError) as error:
            return JSONResponse({"error": f"cannot write this message: {error}"}, 400)
        prepared = account.prepared(message.sid) if order.get("copies", 1) == 0 else {}
        return JSONResponse({"sid": message.sid, **prepared}, 201)

    async def repeat(request: Request) -> Response:
        order = await json_body(request)
        try:
            account.repeat(order["sid"], int(order.get("copies", 1)))
        except KeyError as error:
            return JSONResponse({"error": f"cannot repeat this message: {error}"}, 400)
        return JSONResponse({}, 201)

    async def numbers(request: Request) -> Response:
        order = await json_body(request)
        try:
            _set_number(account, order)
        except (KeyError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)
        return Response(status_code=204)

    return [
        Route("/_control/whatsapp", whatsapp, methods=["POST"]),
        Route("/_control/whatsapp/repeat", repeat, methods=["POST"]),
        Route("/_control/numbers", numbers, methods=["POST"]),
    ]


def write_message(account: TwilioAccount, order: Mapping[str, Any], media_base: str) -> Message:
    """Write as a customer: `number`, `body`, and optionally `name`, `copies` and `media`, a list of
    {content_type, base64}. Raises KeyError or ValueError."""
    number = order["number"]
    if not E164.fullmatch(number):
        raise ValueError("number must be E.164, such as +491701234567")
    media = [(one["content_type"], base64.b64decode(one.get("base64", ""))) for one in order.get("media", ())]
    return account.write(
        number,
        order.get("body", ""),
        name=order.get("name", "Customer"),
        media=media,
        media_base=media_base,
        copies=int(order.get("copies", 1)),
    )


def _set_number(account: TwilioAccount, order: Mapping[str, Any]) -> None:
    """Set `number` and any of window_open, unsubscribed, on_whatsapp. Raises KeyError or ValueError."""
    customer = account.customers.get(order["number"])
    unknown = set(order) - {"number", "window_open", "unsubscribed", "on_whatsapp"}
    if unknown:
        raise ValueError(f"nothing is known of {', '.join(sorted(unknown))}")
    customer.unsubscribed = bool(order.get("unsubscribed", customer.unsubscribed))
    customer.on_whatsapp = bool(order.get("on_whatsapp", customer.on_whatsapp))
    if "window_open" in order:
        ago = timedelta() if order["window_open"] else timedelta(hours=account.options.window_hours)
        customer.wrote_at = account.shared.clock.now() - ago
