"""E1 and the training data: what is measured and that nothing measured was trained on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from embeddings.sentiment import LABELS
from embeddings.workbench.evaluate import bm25, main, measure
from embeddings.workbench.families import expand
from embeddings.workbench.questions import read_questions
from embeddings.workbench.sentiment import calibrate
from embeddings.workbench.sentiment_measure import DATA, PER_FAMILY, read_fresh


def test_families_are_made_alike_each_time_and_held_out_whole() -> None:
    made = expand(DATA, LABELS, per_family=PER_FAMILY)
    assert made == expand(DATA, LABELS, per_family=PER_FAMILY)
    split_of = {text.family: {other.split for other in made if other.family == text.family} for text in made}
    assert all(len(splits) == 1 for splits in split_of.values())
    assert {text.label for text in made if text.split == "test"} == set(LABELS)
    assert not any("{" in text.text or "|" in text.text for text in made)


def test_fresh_messages_are_in_no_family() -> None:
    made = {text.text.lower() for text in expand(DATA, LABELS, per_family=PER_FAMILY)}
    assert not made & {text.text.lower() for text in read_fresh()}


def test_calibration_finds_the_cuts_between_the_moods() -> None:
    labels = np.repeat([0, 1, 2, 3], 50)
    moods = np.repeat([0.2, 0.4, 0.6, 0.8], 50).astype(np.float32)
    anchors = calibrate(labels, moods)
    assert 0.2 < anchors[1, 0] <= 0.4 < anchors[2, 0] <= 0.6
    assert (np.diff(anchors, axis=0) > 0).all()


def test_e1_measures_are_those_of_the_books() -> None:
    scores = np.array([[0.9, 0.1, 0.2], [0.5, 0.4, 0.3], [0.1, 0.2, 0.3], [0.3, 0.2, 0.1]])
    measured = measure("toy", "test", scores, np.array([0, 1, 0, -1]))
    assert measured.questions == 3
    assert measured.recall_at_1 == pytest.approx(1 / 3, abs=1e-3)
    assert measured.recall_at_5 == 1
    assert measured.mrr == pytest.approx((1 + 1 / 2 + 1 / 3) / 3, abs=1e-3)
    assert measured.ndcg == pytest.approx((1 + 1 / np.log2(3) + 1 / 2) / 3, abs=1e-3)


def test_e1_bm25_prefers_the_passage_with_the_rare_word() -> None:
    scores = bm25(["export the board", "import the board", "delete the board"], ["how do I import a board"])
    assert scores.argmax() == 1


def test_e1_the_command_writes_what_it_shows(tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    rows = [
        {"id": "1", "question": "forgot my password", "topic": "Reset a forgotten password", "split": "test"},
        {"id": "2", "question": "how do I connect slack", "topic": "Connect Slack", "split": "train"},
        {"id": "3", "question": "who won the football match", "topic": None, "split": "test"},
    ]
    questions.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    main(model=None, questions=questions, out=tmp_path / "out.json")
    results = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["results"]
    assert [row["search"].split(",")[0] for row in results[::2]] == [
        "BM25",
        "minilm-l6-v2-int8-2",
        "minilm-l6-v2-int8-2",
    ]
    assert all(row["recall_at_5"] == 1 for row in results if row["search"] != "BM25")


def test_a_bad_line_of_questions_is_named(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"id": "1", "question": "a", "topic": null, "split": "test"}\n{"id": 2}\n', encoding="utf-8")
    with pytest.raises(ValueError, match="line 2"):
        read_questions(path)
