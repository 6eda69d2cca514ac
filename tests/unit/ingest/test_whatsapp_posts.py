"""H4, H5, F3, R9, T-B1, T-S1: Twilio's posts, what they say and who signed them."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest

from ingest.events import Attachment, InvalidMessageError
from ingest.whatsapp.message import ParsedMessage, parse
from ingest.whatsapp.signature import verify
from ingest.whatsapp.status import Status, StatusUpdate, is_forward, parse_status

DATA = Path(__file__).parents[2] / "data" / "twilio"
POSTS: list[dict[str, Any]] = json.loads((DATA / "posts.json").read_text())
SIGNATURES: list[dict[str, Any]] = json.loads((DATA / "signatures.json").read_text())


def _pairs(params: Any) -> Any:
    return params if isinstance(params, str) else [(name, value) for name, value in params]


def _shown(parsed: ParsedMessage | StatusUpdate, field: str) -> object:
    if field.startswith("metadata."):
        assert isinstance(parsed, ParsedMessage)
        return parsed.metadata[field.removeprefix("metadata.")]
    value = getattr(parsed, field)
    return [item.filename for item in value] if field == "attachments" else value


def test_t_b1_the_corpus_holds_60_posts() -> None:
    assert len({post["name"] for post in POSTS}) == len(POSTS) >= 60


@pytest.mark.parametrize("post", POSTS, ids=lambda post: post["name"])
def test_t_b1_every_post_is_what_it_is_expected_to_be(post: dict[str, Any]) -> None:
    params = _pairs(post["params"])
    read = parse_status if "status" in post["class"] else parse
    if post["class"].startswith("no-"):
        with pytest.raises(InvalidMessageError):
            read(params)
        return
    parsed = read(params)
    assert {field: _shown(parsed, field) for field in post["expected"]} == post["expected"]


def test_t_b1_a_status_posted_to_the_message_url_is_no_message() -> None:
    callback = next(post for post in POSTS if post["name"] == "status-sent-to-the-inbound-url")
    with pytest.raises(InvalidMessageError, match="status callback"):
        parse(_pairs(callback["params"]))


def test_f3_media_are_attachments_of_the_bus() -> None:
    photo = next(post for post in POSTS if post["name"] == "photo-with-caption")
    message = parse(_pairs(photo["params"]))
    assert message.attachments == (Attachment(filename="image-1.jpg", content_type="image/jpeg"),)


def test_t_s1_the_corpus_holds_40_signatures() -> None:
    assert len({case["name"] for case in SIGNATURES}) == len(SIGNATURES) >= 40
    assert {case["genuine"] for case in SIGNATURES} == {True, False}


@pytest.mark.parametrize("case", SIGNATURES, ids=lambda case: case["name"])
def test_t_s1_every_verdict_on_a_signature_is_right(case: dict[str, Any]) -> None:
    verdict = verify(
        case["token"], case["url"], _pairs(case["params"]), case["signature"], settings=case.get("settings", "")
    )
    assert verdict is case["genuine"]


def test_h5_a_state_only_moves_forward() -> None:
    way: tuple[Status, ...] = ("accepted", "scheduled", "queued", "sending", "sent", "delivered", "read")
    for earlier, later in pairwise(way):
        assert is_forward(earlier, later)
        assert not is_forward(later, earlier)


def test_h5_failed_and_undelivered_are_final() -> None:
    for final in ("failed", "undelivered", "canceled"):
        assert not any(is_forward(final, new) for new in get_args(Status))


def test_h5_what_was_delivered_cannot_fail_afterwards() -> None:
    assert is_forward("sent", "undelivered")
    assert not is_forward("delivered", "undelivered")
    assert not is_forward("read", "failed")


def test_h5_a_repeated_callback_is_no_news() -> None:
    assert not any(is_forward(status, status) for status in get_args(Status))
