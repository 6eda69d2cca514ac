"""Linear heads: what they compute, what they refuse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embeddings.heads import HEADS, HeadNotUsableError, LinearHead, Link, metrics


def head(link: Link) -> LinearHead:
    return LinearHead(
        weights=np.array([[1, 0], [0, 2]], dtype=np.float32),
        bias=np.array([0, 1], dtype=np.float32),
        labels=("a", "b"),
        link=link,
        model_id="some-encoder",
    )


def test_softmax_rows_sum_to_one_and_large_logits_stay_finite() -> None:
    found = head("softmax").probabilities(np.array([[1, 1], [1e4, -1e4]], dtype=np.float32))
    assert np.allclose(found.sum(axis=1), 1)
    assert np.allclose(found[0], [1 / (1 + np.e**2), np.e**2 / (1 + np.e**2)])
    assert np.allclose(found[1], [1, 0])


def test_sigmoid_labels_are_independent() -> None:
    assert np.allclose(head("sigmoid").probabilities(np.zeros((1, 2), dtype=np.float32)), [[0.5, 0.7310586]])


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "head.npz"
    head("sigmoid").save(path)
    again = LinearHead.load(path)
    assert (again.labels, again.link, again.model_id) == (("a", "b"), "sigmoid", "some-encoder")
    assert np.array_equal(again.weights, head("sigmoid").weights)


@pytest.mark.parametrize("content", [None, b"", b"not a head"])
def test_a_missing_or_damaged_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "head.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(HeadNotUsableError, match=r"head\.npz"):
        LinearHead.load(path)


def test_a_head_refuses_vectors_of_another_encoder() -> None:
    head("softmax").require_encoder("some-encoder")
    with pytest.raises(HeadNotUsableError, match="some-encoder"):
        head("softmax").require_encoder("another")


@pytest.mark.parametrize("name", ["sentiment", "relevance"])
def test_shipped_heads_are_small_and_carry_their_measurements(name: str) -> None:
    files = [path for path in HEADS.glob(f"{name}.*") if ".metrics" not in path.name]
    assert files
    assert all(path.stat().st_size < 200_000 for path in files)
    assert metrics(name)["data"]
