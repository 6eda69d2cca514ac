"""A classifier that a team trained: what is written is what was trained, and the gate lets no worse one pass."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from embeddings.escalation import CLASSES, MODEL, SMOOTHING, EscalationModel
from embeddings.workbench import escalation_data as data
from embeddings.workbench import escalation_layers as layers
from embeddings.workbench.escalation_data import Example
from evaluation.escalation.gate import Gate, Limits

OWN = Gate(
    own=[
        Example(text=f"What will row {n} of the stand set me back?", label="pricing", kind="paraphrase", family=str(n))
        for n in range(3)
    ],
    thresholds={},
    limits=Limits(),
    every=20,
)


@pytest.fixture(scope="module")
def shipped() -> EscalationModel:
    return EscalationModel.load()


def test_what_is_written_is_what_was_trained_and_can_be_trained_again(tmp_path: Path) -> None:
    messages = data.read_set("thresholds")[::8]
    texts = [one.text for one in messages]
    read = layers.read(MODEL, texts)
    labels = [one.label for one in messages]
    trained = layers.fit(read, labels, np.ones(len(labels), dtype=np.float32), layers.Recipe(epochs=40, dropout=0.0))
    layers.save(trained, MODEL, tmp_path / "once.onnx")

    with torch.no_grad():
        smooth = torch.softmax(trained(torch.from_numpy(read.states), torch.from_numpy(read.logits)), dim=1).numpy()
    sharp = np.maximum(smooth - SMOOTHING / len(CLASSES), 0)
    scores = EscalationModel.load(tmp_path / "once.onnx").scores(texts)
    np.testing.assert_allclose(scores, sharp / sharp.sum(axis=1, keepdims=True), atol=1e-4)
    assert np.abs(scores - EscalationModel.load().scores(texts)).max() > 0.01
    again = layers.read(tmp_path / "once.onnx", texts)
    np.testing.assert_array_equal(again.states, read.states)
    np.testing.assert_array_equal(again.logits, read.logits)


def test_the_gate_refuses_what_misses_a_direct_request_and_what_is_no_better(
    shipped: EscalationModel, tmp_path: Path
) -> None:
    deaf = biased(tmp_path / "deaf.onnx", "none", 50.0)
    checks = OWN.judge(deaf, shipped)
    lines = [check.line for check in checks if not check.ok]
    assert lines[0].startswith("direct requests that ship: ")
    assert "none may be missed" in lines[0]
    assert any(line.startswith("paraphrases on the sets that ship") for line in lines)
    assert "no better" in lines[-1]

    same = OWN.judge(shipped, shipped)
    assert [check.ok for check in same] == [True, True, True, False]


def biased(path: Path, label: str, by: float) -> EscalationModel:
    """The classifier that ships, but for how likely it holds one class."""
    model = onnx.load(str(MODEL))
    bias = next(one for one in model.graph.initializer if one.name == "classes.bias")
    values = numpy_helper.to_array(bias).copy()
    values[CLASSES.index(label)] += by
    bias.CopyFrom(numpy_helper.from_array(values, bias.name))
    onnx.save(model, str(path))
    return EscalationModel.load(path)
