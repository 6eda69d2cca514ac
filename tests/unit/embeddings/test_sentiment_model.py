"""A team's own classifier of mood (SENTIMENT_MODEL): a small one, trained and exported here by PyTorch."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from deployments.analysis_node import AnalysisNode, shipped_heads
from embeddings.encoder import Encoder, ModelNotFoundError, ModelNotUsableError, model_files
from embeddings.sentiment import LABELS
from embeddings.sentiment_model import SentimentModel
from embeddings.text_model import load_tokenizer
from embeddings.vector_model import VectorModel
from embeddings.workbench.mood_model import Asked, given_in
from serve_app.cli.main import app

FURIOUS = "This is absolutely unacceptable, I am furious and I will cancel everything!"
PLAIN = "How do I export a board?"


class Words(torch.nn.Module):
    """Adds up what each word says for each label."""

    def __init__(self, words: int, labels: int) -> None:
        super().__init__()
        self.votes = torch.nn.Embedding(words, labels)
        torch.nn.init.zeros_(self.votes.weight)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        said: torch.Tensor = self.votes(input_ids) * attention_mask.unsqueeze(-1)
        return said.sum(dim=1)


def trained(known: Asked, path: Path) -> None:
    """Train on texts and export to `path`."""
    tokenizer = load_tokenizer(model_files("minilm-l6-v2-int8-2").tokenizer)
    rows = [encoding.ids[:60] for encoding in tokenizer.encode_batch([text for text, _ in known])]
    ids = torch.zeros((len(rows), max(map(len, rows))), dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for place, row in enumerate(rows):
        ids[place, : len(row)], mask[place, : len(row)] = torch.tensor(row), 1
    labels = torch.tensor([LABELS.index(label) for _, label in known])
    torch.manual_seed(7)
    model = Words(tokenizer.get_vocab_size(), len(LABELS))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(15):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(ids, mask), labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    batch, tokens = torch.export.Dim("batch", min=1, max=4096), torch.export.Dim("tokens", min=2, max=512)
    shape = {0: batch, 1: tokens}
    torch.onnx.export(
        model.eval(), (ids[:2], mask[:2]), str(path), input_names=["input_ids", "attention_mask"],
        output_names=["logits"], dynamic_shapes=(shape, shape), external_data=False, dynamo=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mood")
    shutil.copy(model_files("minilm-l6-v2-int8-2").tokenizer, folder / "tokenizer.json")
    (folder / "labels.json").write_text(json.dumps([*LABELS]))
    trained(given_in(None)[0][::4], folder / "model.onnx")
    return folder


async def test_it_takes_the_place_of_the_head_once_it_is_fitted(folder: Path, tmp_path: Path, encoder: Encoder) -> None:
    own = shutil.copytree(folder, tmp_path / "own")
    fitted = CliRunner().invoke(app, ["sentiment", "fit", str(own)], catch_exceptions=False)
    assert "furious below a mean mood of" in fitted.output
    model = SentimentModel.load(own)
    furious, plain, party = model.score([FURIOUS, PLAIN, "🎉"]).tolist()
    assert furious < 0.3 < 0.5 <= plain
    assert party >= 0.5
    heads = VectorModel.of(encoder)
    node = AnalysisNode(encoder=encoder, sentiment=heads.sentiment, labels=heads.labels, moods=model, **shipped_heads())
    german = "Das ist eine Unverschämtheit, ich kündige sofort und gehe zum Anwalt!!"
    found = await node.analyse([FURIOUS, PLAIN, german])
    assert [one.sentiment for one in found[:2]] == pytest.approx([furious, plain])
    assert found[2].sentiment == 0.2  # by the signs of its language: labels.json names English only


def test_one_that_is_worse_than_the_head_is_refused_with_what_is_worse(folder: Path, tmp_path: Path) -> None:
    turned = shutil.copytree(folder, tmp_path / "turned")
    (turned / "labels.json").write_text(json.dumps({"labels": dict(zip(LABELS, (0.9, 0.7, 0.4, 0.1), strict=True))}))
    rows = [{"text": text, "label": label, "split": "test"} for text, label in given_in(None)[1][::3]]
    data = tmp_path / "ours.jsonl"
    data.write_text("\n".join(map(json.dumps, rows)))
    said = CliRunner().invoke(app, ["sentiment", "measure", str(turned), "--data", str(data)])
    assert said.exit_code == 1
    assert "FAILED  furious handed over" in said.output
    assert "is no better choice than the head: right bands" in str(said.exception)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("labels.json", None, "has no labels.json"),
        ("labels.json", '["good", "bad", "so", "what"]', "'good', 'bad', 'so', 'what': give each label the mood"),
        ("labels.json", '["negative", "positive"]', "its output has 4 columns; labels.json has 2"),
        ("labels.json", '{"labels": {"a": 0.1, "b": 7}}', "all moods between 0 and 1"),
        ("labels.json", "{", "does not say what the model's labels mean"),
        ("model.onnx", "damaged", "is no classifier of mood that can be used"),
    ],
)
def test_one_that_cannot_be_used_is_refused_with_what_is_wrong(
    folder: Path, tmp_path: Path, file: str, content: str | None, said: str
) -> None:
    flawed = shutil.copytree(folder, tmp_path / "flawed")
    (flawed / file).unlink()
    if content is not None:
        (flawed / file).write_text(content)
    with pytest.raises((ModelNotFoundError, ModelNotUsableError), match=said):
        SentimentModel.load(flawed)


def test_an_encoder_is_no_classifier(folder: Path, tmp_path: Path) -> None:
    encoder = shutil.copytree(folder, tmp_path / "encoder")
    shutil.copy(model_files("minilm-l6-v2-int8-2").onnx, encoder / "model.onnx")
    with pytest.raises(ModelNotUsableError, match="no classifier of mood"):
        SentimentModel.load(encoder)
    assert np.isfinite(SentimentModel.load(folder).score(["", "?", "x" * 50_000])).all()
