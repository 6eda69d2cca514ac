"""Control endpoints of the Gmail stand-in: what happens outside the API."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from evaluation.providers.gmail.account import GmailAccount
from evaluation.providers.gmail.contents.compose import customer_mail, staff_mail
from evaluation.providers.gmail.contents.mailbox import RECEIVED, StoredMessage
from evaluation.providers.gmail.platform.errors import GmailRefusal
from evaluation.providers.journal import Kind
from evaluation.providers.shared_state import json_body


def gmail_control_routes(account: GmailAccount) -> list[Route]:
    """Return `/_control/mail`, `/mail/raw`, `/mail/sent`, `/history/forget`, `/push`, `/id-token`, `/keys/rotate` and
    `/tokens`."""

    async def mail(request: Request) -> Response:
        order = await json_body(request)
        try:
            raw = customer_mail(order, account.mailbox, account.shared.clock)
        except (KeyError, ValueError) as error:
            return JSONResponse({"error": f"cannot write this mail: {error}"}, 400)
        except GmailRefusal as refusal:
            return refusal.response()
        return _described(account.receive(raw))

    async def raw_mail(request: Request) -> Response:
        labels = request.query_params.getlist("label") or RECEIVED
        return _described(account.receive(await request.body(), labels=labels))

    async def sent_by_staff(request: Request) -> Response:
        order = await json_body(request)
        try:
            raw = staff_mail(order, account.mailbox, account.shared.clock)
            thread_id = account.mailbox.get(order["reply_to"]).thread_id
            message = account.sender.send(raw, thread_id)
        except (KeyError, ValueError) as error:
            return JSONResponse({"error": f"cannot write this mail: {error}"}, 400)
        except GmailRefusal as refusal:
            return refusal.response()
        account.record(Kind.MAIL_SENT, message, "", by="person")
        return _described(message)

    async def forget_history(_: Request) -> Response:
        account.mailbox.history.forget()
        return JSONResponse({"historyId": str(account.mailbox.history.latest)})

    async def push(request: Request) -> Response:
        order = await json_body(request)
        account.pusher.push(int(order.get("historyId", account.mailbox.history.latest)), order.get("claims"))
        return Response(status_code=202)

    async def id_token(request: Request) -> Response:
        order = await json_body(request)
        claims = {**account.pusher.claims(), **order.get("claims", {})}
        by_stranger = bool(order.get("by_stranger", False))
        token = account.keys.token(claims, by_stranger=by_stranger, headers=order.get("headers"))
        return JSONResponse({"token": token})

    async def rotate(_: Request) -> Response:
        return JSONResponse({"kid": account.keys.rotate()})

    async def revoke(_: Request) -> Response:
        account.tokens.revoke_all()
        return Response(status_code=204)

    return [
        Route("/_control/mail", mail, methods=["POST"]),
        Route("/_control/mail/raw", raw_mail, methods=["POST"]),
        Route("/_control/mail/sent", sent_by_staff, methods=["POST"]),
        Route("/_control/history/forget", forget_history, methods=["POST"]),
        Route("/_control/push", push, methods=["POST"]),
        Route("/_control/id-token", id_token, methods=["POST"]),
        Route("/_control/keys/rotate", rotate, methods=["POST"]),
        Route("/_control/tokens", revoke, methods=["DELETE"]),
    ]


def _described(message: StoredMessage) -> Response:
    found = {"id": message.id, "thread_id": message.thread_id, "rfc_message_id": message.rfc_id}
    return JSONResponse({**found, "history_id": str(message.history_id)}, 201)
