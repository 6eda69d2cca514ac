"""The escalation head at serving time: its file, its arithmetic, and how a message is cut into parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.escalation import THRESHOLDS
from embeddings.encoder import BUILT_IN
from embeddings.escalation import CLASSES, MAX_PARTS, EscalationHead, message_scores, split_for_escalation
from embeddings.escalation_letters import BUCKETS, letter_groups, weighted_groups
from embeddings.heads import HeadNotUsableError, metrics


@pytest.fixture(scope="module")
def head() -> EscalationHead:
    return EscalationHead.load()


def _unit(rows: int, head: EscalationHead, seed: int = 1) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(rows, head.support.shape[1])).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def test_scores_are_probabilities_in_the_order_of_the_classes(head: EscalationHead) -> None:
    scores = head.scores(_unit(7, head), ["please refund me"] * 7)
    assert scores.shape == (7, len(CLASSES))
    np.testing.assert_allclose(scores.sum(axis=1), 1.0, rtol=1e-5)


def test_a_text_unlike_anything_asks_for_nothing(head: EscalationHead) -> None:
    assert (head.scores(_unit(20, head), ["🙂"] * 20).argmax(axis=1) == CLASSES.index("none")).all()


def test_it_belongs_to_the_built_in_encoder(head: EscalationHead) -> None:
    head.require_encoder(BUILT_IN)
    with pytest.raises(HeadNotUsableError, match="train it again"):
        head.require_encoder("another-model")


def test_a_saved_head_is_the_same_head(head: EscalationHead, tmp_path: Path) -> None:
    head.save(tmp_path / "head.npz")
    again = EscalationHead.load(tmp_path / "head.npz")
    vectors, texts = _unit(3, head), ["a", "b", "call me"]
    np.testing.assert_array_equal(head.scores(vectors, texts), again.scores(vectors, texts))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "head.npz"
    path.write_bytes(b"no head")
    with pytest.raises(HeadNotUsableError, match=r"head\.npz"):
        EscalationHead.load(path)
    with pytest.raises(HeadNotUsableError, match=r"absent\.npz"):
        EscalationHead.load(tmp_path / "absent.npz")


def test_the_thresholds_in_force_are_those_that_were_chosen_with_this_head(head: EscalationHead) -> None:
    measured = metrics("escalation")
    assert measured["thresholds"] == dict(THRESHOLDS)
    assert measured["support_vectors"] == len(head.support)


def test_a_message_of_one_part_scores_as_its_text(head: EscalationHead) -> None:
    whole = _unit(1, head)
    scores = message_scores(head, whole[0], np.empty((0, whole.shape[1]), dtype=np.float32), ["call me"])
    assert scores["human_request"] == pytest.approx(float(head.scores(whole, ["call me"])[0, 4]))
    assert set(scores) == set(CLASSES)


def test_a_part_counts_the_less_the_more_there_are(head: EscalationHead) -> None:
    loud = head.support[[int(head.weights[:, 2].argmax())]]
    whole = _unit(1, head)[0]
    few = message_scores(head, whole, np.repeat(loud, 2, axis=0), ["x"] * 3)
    many = message_scores(head, whole, np.repeat(loud, 10, axis=0), ["x"] * 11)
    assert many["refund"] < few["refund"]


def test_a_short_message_has_no_parts() -> None:
    assert split_for_escalation("Please refund me.") == []
    assert split_for_escalation("") == []


def test_a_mail_is_cut_at_sentences() -> None:
    parts = split_for_escalation(
        "We like the new boards very much. Please send our payment back to us.\n\nRegards, Ana"
    )
    assert parts == ["We like the new boards very much.", "Please send our payment back to us.", "Regards, Ana"]


def test_a_run_on_sentence_is_cut_at_clauses() -> None:
    text = (
        "I set up the integration exactly as the article says, but nothing arrives in our channel at all, "
        "and honestly at this point I would rather be put through to somebody who works there"
    )
    assert split_for_escalation(text)[-1].startswith("and honestly")


@given(st.lists(st.sampled_from(["Ok.", "We use it daily.", "How do I see all the tasks of a person?"]), max_size=80))
def test_parts_are_few_and_leave_nothing_out(sentences: list[str]) -> None:
    text = " ".join(sentences)
    parts = split_for_escalation(text)
    assert len(parts) <= MAX_PARTS
    assert not parts or " ".join(parts) == text


@given(st.text(max_size=300))
def test_letter_groups_of_any_text(text: str) -> None:
    buckets, values = letter_groups(text)
    assert len(buckets) == len(set(buckets.tolist())) == len(values)
    assert ((buckets >= 0) & (buckets < BUCKETS)).all()
    length = float(np.linalg.norm(weighted_groups(text, np.ones(BUCKETS, dtype=np.float32))[1]))
    assert length == pytest.approx(1.0, abs=1e-4) if len(buckets) else length == 0.0


def test_a_typo_shares_letter_groups() -> None:
    right, wrong = set(letter_groups("refund")[0].tolist()), set(letter_groups("refnud")[0].tolist())
    assert len(right & wrong) >= 3
