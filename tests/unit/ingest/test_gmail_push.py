"""H3, T-B1: a push is a hint, and whatever is no push is refused."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from ingest.events import InvalidMessageError
from ingest.mail.push import parse_push

DATA = Path(__file__).parents[2] / "data" / "pubsub" / "pushes.json"
PUSHES: list[dict[str, Any]] = json.loads(DATA.read_text())


def _body(push: dict[str, Any]) -> bytes:
    return base64.b64decode(push["body_base64"]) if "body_base64" in push else push["body"].encode()


def test_t_b1_the_corpus_holds_40_pushes() -> None:
    assert len({push["name"] for push in PUSHES}) == len(PUSHES) >= 40


@pytest.mark.parametrize("push", [push for push in PUSHES if push["hint"]], ids=lambda push: push["name"])
def test_t_b1_a_good_push_names_its_mailbox(push: dict[str, Any]) -> None:
    hint = parse_push(_body(push))
    assert {"email": hint.email, "history_id": hint.history_id} == push["hint"]
    assert "\x00" not in hint.subscription


@pytest.mark.parametrize("push", [push for push in PUSHES if not push["hint"]], ids=lambda push: push["name"])
def test_t_b1_anything_else_is_refused(push: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessageError):
        parse_push(_body(push))


def test_h3_a_push_is_known_by_its_own_id_and_subscription() -> None:
    hint = parse_push(_body(PUSHES[0]))
    assert hint.pubsub_message_id == "2070443601311540"
    assert hint.subscription == "projects/p/subscriptions/gmail"
