"""The Gmail methods, as functions of the account and the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from evaluation.providers.faults import FaultKind
from evaluation.providers.gmail.account import Call, GmailAccount, mail_of
from evaluation.providers.gmail.contents import rfc822
from evaluation.providers.gmail.contents.history import TYPES
from evaluation.providers.gmail.contents.resources import message_resource, named, page_of, page_size, sent_resource
from evaluation.providers.gmail.contents.search import matching
from evaluation.providers.gmail.platform.errors import invalid, not_found
from evaluation.providers.gmail.pubsub import WATCH_LASTS, Watch
from evaluation.providers.journal import Kind

Answer = dict[str, Any] | None
GONE = frozenset({FaultKind.HISTORY_GONE})
_HIDDEN = frozenset({"SPAM", "TRASH"})


def get_profile(account: GmailAccount, _: Call) -> Answer:
    """users.getProfile."""
    box = account.mailbox
    return {
        "emailAddress": box.user,
        "messagesTotal": len(box.newest_first()),
        "threadsTotal": box.thread_count(),
        "historyId": str(box.history.latest),
    }


def watch(account: GmailAccount, call: Call) -> Answer:
    """users.watch: for seven days, replacing an earlier one."""
    if call.body.get("topicName") != account.options.topic:
        raise invalid("Invalid topicName does not match projects/*/topics/*, or the topic does not exist")
    expires_at = account.shared.clock.now() + WATCH_LASTS
    behavior = call.body.get("labelFilterBehavior", call.body.get("labelFilterAction", "include"))
    labels = tuple(call.body.get("labelIds", ()))
    exclude = str(behavior).lower() == "exclude"
    account.pusher.watch = Watch(topic=account.options.topic, labels=labels, exclude=exclude, expires_at=expires_at)
    expiration = str(int(expires_at.timestamp() * 1000))
    details = {"expiration": expiration, "labelIds": list(labels)}
    account.shared.journal.record("gmail", Kind.WATCH_SET, request_id=call.request_id, details=details)
    return {"historyId": str(account.mailbox.history.latest), "expiration": expiration}


def stop(account: GmailAccount, call: Call) -> Answer:
    """users.stop: 204."""
    account.pusher.watch = None
    account.shared.journal.record("gmail", Kind.WATCH_STOPPED, request_id=call.request_id)
    return None


def history_list(account: GmailAccount, call: Call) -> Answer:
    """users.history.list: 404 for an id that is too old."""
    start = call.query.get("startHistoryId", "")
    if not start.isdigit():
        raise invalid("Missing or invalid startHistoryId")
    log = account.mailbox.history
    if account.shared.faults.take("users.history.list", GONE) or not log.knows(int(start)):
        raise not_found()
    types = call.query.getlist("historyTypes") or TYPES
    if not set(types) <= set(TYPES):
        raise invalid("Invalid value at 'history_types'")
    records = log.since(int(start), types, call.query.get("labelId"))
    page, token = page_of(records, call.query.get("pageToken"), page_size(call.query.get("maxResults")))
    history = {"history": [record.as_json() for record in page]} if page else {}
    return {**history, **_next(token), "historyId": str(log.latest)}


def messages_list(account: GmailAccount, call: Call) -> Answer:
    """users.messages.list: newest first; spam and trash only on request."""
    holds = matching(call.query.get("q", ""), account.shared.clock.now())
    wanted = set(call.query.getlist("labelIds"))
    hidden = frozenset() if call.query.get("includeSpamTrash") == "true" else _HIDDEN - wanted
    found = [
        named(message)
        for message in account.mailbox.newest_first()
        if wanted <= message.labels and not hidden & message.labels and holds(message)
    ]
    return _listed("messages", found, call)


def messages_get(account: GmailAccount, call: Call) -> Answer:
    """users.messages.get."""
    message = account.mailbox.get(call.path["id"])
    return message_resource(message, call.query.get("format", "full"), call.query.getlist("metadataHeaders"))


def messages_send(account: GmailAccount, call: Call) -> Answer:
    """users.messages.send."""
    raw, thread_id = mail_of(call.body)
    return sent_resource(account.send(raw, thread_id, call.request_id))


def messages_modify(account: GmailAccount, call: Call) -> Answer:
    """users.messages.modify."""
    add, remove = call.body.get("addLabelIds", ()), call.body.get("removeLabelIds", ())
    return sent_resource(account.mailbox.relabel(call.path["id"], add, remove))


def messages_delete(account: GmailAccount, call: Call) -> Answer:
    """users.messages.delete: 204."""
    account.mailbox.remove(call.path["id"])
    return None


def attachments_get(account: GmailAccount, call: Call) -> Answer:
    """users.messages.attachments.get."""
    data = rfc822.attachment(account.mailbox.get(call.path["messageId"]).raw, call.path["id"])
    if data is None:
        raise not_found()
    return {"size": len(data), "data": rfc822.encode(data)}


def threads_get(account: GmailAccount, call: Call) -> Answer:
    """users.threads.get: oldest message first."""
    messages = account.mailbox.thread(call.path["id"])
    form, wanted = call.query.get("format", "full"), call.query.getlist("metadataHeaders")
    if form == "raw":
        raise invalid("Invalid value at 'format': threads have no raw format")
    return {
        "id": call.path["id"],
        "historyId": str(max(message.history_id for message in messages)),
        "messages": [message_resource(message, form, wanted) for message in messages],
    }


def drafts_create(account: GmailAccount, call: Call) -> Answer:
    """users.drafts.create."""
    raw, thread_id = mail_of(call.body.get("message", {}))
    draft_id, message = account.drafts.create(raw, thread_id)
    account.record(Kind.DRAFT_CREATED, message, call.request_id, draft_id=draft_id)
    return {"id": draft_id, "message": sent_resource(message)}


def drafts_get(account: GmailAccount, call: Call) -> Answer:
    """users.drafts.get."""
    message = account.drafts.get(call.path["id"])
    return {"id": call.path["id"], "message": message_resource(message, call.query.get("format", "full"))}


def drafts_list(account: GmailAccount, call: Call) -> Answer:
    """users.drafts.list: newest first."""
    holds = matching(call.query.get("q", ""), account.shared.clock.now())
    kept = [(key, message) for key, message in account.drafts.newest_first() if holds(message)]
    return _listed("drafts", [{"id": key, "message": named(message)} for key, message in kept], call)


def drafts_update(account: GmailAccount, call: Call) -> Answer:
    """users.drafts.update: replaces the draft's message."""
    raw, thread_id = mail_of(call.body.get("message", {}))
    message = account.drafts.replace(call.path["id"], raw, thread_id)
    return {"id": call.path["id"], "message": sent_resource(message)}


def drafts_delete(account: GmailAccount, call: Call) -> Answer:
    """users.drafts.delete: 204."""
    message = account.drafts.delete(call.path["id"])
    account.record(Kind.DRAFT_DELETED, message, call.request_id, draft_id=call.path["id"])
    return None


def drafts_send(account: GmailAccount, call: Call) -> Answer:
    """users.drafts.send: removes the draft, so that a second call is answered with 404."""
    draft_id = call.body.get("id")
    if not draft_id:
        raise invalid("Missing draft id")
    if "message" in call.body:
        account.drafts.replace(draft_id, *mail_of(call.body["message"]))
    message = account.drafts.get(draft_id)
    sent = account.send(message.raw, message.thread_id, call.request_id, settled=True)
    account.drafts.delete(draft_id)
    return sent_resource(sent)


CALLS: Mapping[str, Callable[[GmailAccount, Call], Answer]] = {
    "users.getProfile": get_profile,
    "users.watch": watch,
    "users.stop": stop,
    "users.history.list": history_list,
    "users.messages.list": messages_list,
    "users.messages.get": messages_get,
    "users.messages.send": messages_send,
    "users.messages.modify": messages_modify,
    "users.messages.delete": messages_delete,
    "users.messages.attachments.get": attachments_get,
    "users.threads.get": threads_get,
    "users.drafts.create": drafts_create,
    "users.drafts.get": drafts_get,
    "users.drafts.list": drafts_list,
    "users.drafts.update": drafts_update,
    "users.drafts.delete": drafts_delete,
    "users.drafts.send": drafts_send,
}


def _listed(name: str, items: list[dict[str, Any]], call: Call) -> dict[str, Any]:
    page, token = page_of(items, call.query.get("pageToken"), page_size(call.query.get("maxResults")))
    held = {name: list(page)} if page else {}
    return {**held, **_next(token), "resultSizeEstimate": len(items)}


def _next(token: str | None) -> dict[str, str]:
    return {"nextPageToken": token} if token else {}
