"""Recognises mail that no person wrote to us (RFC 3834). It is never answered, so that two machines can't loop."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

# Every mail that we send carries it; a mail that comes in with it is an echo of ours.
OUTBOX_HEADER = "X-Nightdesk-Outbox-Id"

_LIST_HEADERS = ("list-id", "list-unsubscribe", "list-post")
_ROBOT_HEADERS = ("x-autoreply", "x-autorespond", "x-autoreply-from", "x-failed-recipients")
_PRECEDENCES = ("bulk", "list", "junk", "auto_reply", "auto-reply")
_COMMENT = re.compile(r"\([^()]*\)")
_ROBOT_NAMES = re.compile(
    r"(?:mailer[-_.]?daemon|postmaster|bounces?|(?:.*[-_.+])?(?:no|do[-_.]?not|dont|nao|ne[-_.]?pas|ne|nicht)[-_.]?(?:reply|responder|repondre|"
    r"antworten|responda)(?:[-_.+].*)?)(?:[-+=].*)?"
)


def automated_reason(
    headers: Sequence[tuple[str, str]], *, sender: str, content_type: str, our_addresses: Collection[str]
) -> str | None:
    """Return why a mail must not be answered, or None where a person may have written it.

    `headers` are (name, value), `sender` and `our_addresses` are normalised. `X-Auto-Response-Suppress` proves
    nothing: Exchange puts it on people's mail. The reasons, the first that applies: `our_header`, `auto_submitted`,
    `null_return_path`, `report`, `mailing_list`, `precedence`, `auto_reply_header`, `our_address`, `robot_sender`.
    """
    found = [(name.strip().lower(), _COMMENT.sub("", value[:1_000]).strip().lower()) for name, value in headers]
    names = {name for name, _ in found}
    if OUTBOX_HEADER.lower() in names:
        return "our_header"
    if any(name == "auto-submitted" and _first_word(value) != "no" for name, value in found):
        return "auto_submitted"
    if ("return-path", "<>") in [(name, value.replace(" ", "")) for name, value in found]:
        return "null_return_path"
    if content_type in ("multipart/report", "message/delivery-status", "message/disposition-notification"):
        return "report"
    if names.intersection(_LIST_HEADERS):
        return "mailing_list"
    if any(name == "precedence" and _first_word(value) in _PRECEDENCES for name, value in found):
        return "precedence"
    if any(name in _ROBOT_HEADERS and _first_word(value) not in ("no", "false") for name, value in found):
        return "auto_reply_header"
    if sender in our_addresses:
        return "our_address"
    return "robot_sender" if _ROBOT_NAMES.fullmatch(sender.partition("@")[0][:200]) else None


def _first_word(value: str) -> str:
    return value.partition(";")[0].strip().strip('"')
