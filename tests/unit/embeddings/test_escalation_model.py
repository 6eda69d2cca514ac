"""The escalation model at serving time: its file, its arithmetic, and how a message is cut into parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.turns.turn_text import TURN_CHARACTERS
from deployments.rules.escalation import THRESHOLDS
from embeddings.encoder import BUILT_IN, model_files
from embeddings.escalation import CLASSES, MAX_STRETCHES, MODEL, STRETCH, EscalationModel, stretches
from embeddings.heads import HeadNotUsableError, metrics
from evaluation.escalation.measure import digest


@pytest.fixture(scope="module")
def model() -> EscalationModel:
    return EscalationModel.load()


def test_scores_are_probabilities_in_the_order_of_the_classes(model: EscalationModel) -> None:
    texts = [
        "Please refund me.",
        "How do I export a board?",
        "My lawyer will write to you.",
        "Put me through to someone.",
    ]
    scores = model.scores(texts)
    assert scores.shape == (4, len(CLASSES))
    np.testing.assert_allclose(scores.sum(axis=1), 1.0, rtol=1e-5)
    assert [CLASSES[column] for column in scores.argmax(axis=1)] == ["refund", "none", "legal", "human_request"]


def test_a_text_scores_the_same_in_any_company(model: EscalationModel) -> None:
    texts = ["refund", "How do I move a task to another board without losing its comments and its history?", "", "🙂"]
    together = model.scores(texts)
    np.testing.assert_allclose(together, np.vstack([model.scores([text]) for text in texts]), atol=1e-4)


@pytest.mark.parametrize("text", ["", " ", "🙂", "42", "?!", "asdf jkl", "\n\n", "x" * 5000])
def test_a_text_without_content_scores_no_request(model: EscalationModel, text: str) -> None:
    assert model.scores([text]).argmax() == 0


def test_messages_are_scored_each_for_itself(model: EscalationModel) -> None:
    messages = ["Refund me.", "Hi all. Please pay me back what you took. Ana", "Thanks!"]
    together = model.message_scores(messages)
    assert [max(own, key=own.__getitem__) for own in together] == ["refund", "refund", "none"]
    for message, own in zip(messages, together, strict=True):
        assert model.message_scores([message])[0] == pytest.approx(own, abs=1e-4)
        assert set(own) == set(CLASSES)
    assert model.message_scores([]) == []


@pytest.mark.parametrize("place", ["first", "last"])
def test_one_stretch_of_a_long_mail_is_enough(model: EscalationModel, place: str) -> None:
    story = "We moved the boards of the spring projects to the archive and the colours stayed as they were. " * 30
    wish = "Please give us back the money that you took twice from our account in May."
    mail = f"{wish} {story}" if place == "first" else f"{story}{wish}"
    endless = mail.replace(".", "").replace("\n", " ")
    for scores in model.message_scores([mail, endless]):
        assert scores["refund"] > 0.5
    assert model.message_scores([story])[0]["none"] > 0.9


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"no model")
    with pytest.raises(HeadNotUsableError, match=r"broken\.onnx"):
        EscalationModel.load(path)
    with pytest.raises(HeadNotUsableError, match=r"absent\.onnx"):
        EscalationModel.load(tmp_path / "absent.onnx")


def test_another_model_is_refused() -> None:
    with pytest.raises(HeadNotUsableError, match="train it again"):
        EscalationModel.load(model_files(BUILT_IN).onnx)


def test_the_thresholds_and_figures_are_those_of_this_model() -> None:
    measured = metrics("escalation")
    assert measured["thresholds"] == dict(THRESHOLDS)
    assert measured["model"] == digest(MODEL)


def test_a_message_is_read_whole_if_it_fits() -> None:
    assert stretches("Please refund me. Thanks.") == ["Please refund me. Thanks."]
    assert stretches("") == [""]


@given(st.lists(st.sampled_from(["Ok.", "We use it daily.", "How do I see all the tasks of a person?"]), max_size=200))
def test_stretches_fit_and_leave_nothing_out(sentences: list[str]) -> None:
    text = " ".join(sentences)
    cut = stretches(text)
    assert " ".join(cut) == text
    assert all(len(stretch) <= STRETCH for stretch in cut)


@given(st.text(max_size=3000))
def test_any_text_has_stretches_that_fit(text: str) -> None:
    cut = stretches(text)
    assert cut == [text] or 0 < max(len(stretch) for stretch in cut) <= STRETCH


@pytest.mark.parametrize("sentence", ["a" * 501 + ". ", "a" * 999 + ". ", "a" * 1001 + " ", "a. ", "\n", " ", "a"])
def test_no_way_of_writing_makes_a_text_cost_more(sentence: str) -> None:
    for length in (TURN_CHARACTERS, 100 * TURN_CHARACTERS):
        text = (sentence * length)[:length]
        cut = stretches(text)
        assert len(cut) <= MAX_STRETCHES
        assert all(0 < len(stretch) <= STRETCH for stretch in cut)
        if length == TURN_CHARACTERS:  # all that a turn holds is read
            assert "".join("".join(cut).split()) == "".join(text.split())
