"""What each layer of the escalation encoder makes of a message, and a small network over it: trained in seconds.

The encoder stays as it is and gives three vectors a message, the means of every second layer's states; the network
corrects what it says of the classes. So a training takes seconds once the texts are read, and a leave-one-out over a
dozen trades reads them once. docs/workbench.md has what else was measured.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from embeddings.arrays import Floats
from embeddings.encoder import BUILT_IN, model_files
from embeddings.escalation import CLASSES, SMOOTHING
from embeddings.text_model import TextModel

HIDDEN = 256
BATCH = 128
PREFIX = "layers."
"""Of the names of what is put behind the encoder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How the network is trained."""

    epochs: int = 8
    rate: float = 1e-3
    decay: float = 0.05
    dropout: float = 0.3
    seed: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Messages as the encoder reads them: states float32 (n, 3 * d), and its own logits (n, classes)."""

    states: Floats
    logits: Floats


def read(model: Path, texts: Sequence[str], threads: int = 2) -> Read:
    """Read texts with the encoder of a classifier's file, up to the model's 256 tokens of each."""
    proto, names = _with_states(onnx.load(str(model)))
    proto.graph.output.append(helper.make_empty_tensor_value_info(f"{PREFIX}all"))
    proto.graph.node.append(_node_of("Concat", [f"{PREFIX}states", names.logits], f"{PREFIX}all", axis=-1))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "states.onnx"
        onnx.save(proto, str(path))
        reader = TextModel(path, model_files(BUILT_IN).tokenizer, threads)
    width = names.layers * names.size
    found = np.empty((len(texts), width + len(CLASSES)), dtype=np.float32)
    for rows, numbers, _ in reader.run(texts):
        found[rows] = numbers
    return Read(states=found[:, :width], logits=found[:, width:])


class Correction(nn.Module):
    """(states, logits) -> logits: the encoder's own, scaled, and what two layers over the states add."""

    def __init__(self, states: Floats, dropout: float) -> None:
        super().__init__()
        self.mean, self.size = torch.from_numpy(states.mean(axis=0)), torch.from_numpy(states.std(axis=0) + 1e-3)
        self.scale = nn.Parameter(torch.ones(()))
        self.first, self.second = nn.Linear(states.shape[1], HIDDEN), nn.Linear(HIDDEN, len(CLASSES))
        self.given, self.between = nn.Dropout(dropout / 2), nn.Dropout(dropout)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, states: Tensor, logits: Tensor) -> Tensor:
        """Return the logits."""
        inner = functional.gelu(self.first(self.given((states - self.mean) / self.size)))
        corrected: Tensor = self.scale * logits + self.second(self.between(inner))
        return corrected


def fit(given: Read, labels: Sequence[str], weights: Floats, recipe: Recipe) -> Correction:
    """Train on messages with these labels; weights (n,) are how much each counts."""
    torch.manual_seed(recipe.seed)
    states, logits, shares = (torch.from_numpy(one) for one in (given.states, given.logits, weights))
    wanted = torch.tensor([CLASSES.index(label) for label in labels])
    model = Correction(given.states, recipe.dropout)
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    size = min(BATCH, len(labels))
    steps = recipe.epochs * (len(labels) // size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.rate, total_steps=steps + 1)
    for _ in range(recipe.epochs):
        for rows in torch.randperm(len(labels))[: len(labels) // size * size].view(-1, size):
            found = model(states[rows], logits[rows])
            losses = functional.cross_entropy(found, wanted[rows], label_smoothing=SMOOTHING, reduction="none")
            optimizer.zero_grad()
            (losses * shares[rows]).mean().backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return model.eval()


def save(correction: Correction, model: Path, path: Path) -> None:
    """Write the classifier of `model` with the correction behind it: what `embeddings.escalation` serves."""
    proto, names = _with_states(onnx.load(str(model)))
    first = (correction.first.weight / correction.size).detach()
    constants = {
        "first": first.T,
        "first.bias": correction.first.bias - first @ correction.mean,
        "second": correction.second.weight.T,
        "second.bias": correction.second.bias,
        "scale": correction.scale,
    }
    for name, value in constants.items():
        numbers = np.ascontiguousarray(value.detach().numpy())
        proto.graph.initializer.append(numpy_helper.from_array(numbers, PREFIX + name))
    for operator, inputs, output in (
        ("MatMul", ("states", "first"), "first.product"),
        ("Add", ("first.product", "first.bias"), "first.sum"),
        ("Gelu", ("first.sum",), "inner"),
        ("MatMul", ("inner", "second"), "second.product"),
        ("Add", ("second.product", "second.bias"), "added"),
    ):
        proto.graph.node.append(_node_of(operator, [PREFIX + name for name in inputs], PREFIX + output))
    proto.graph.node.append(_node_of("Mul", [names.logits, f"{PREFIX}scale"], f"{PREFIX}own"))
    proto.graph.node.append(_node_of("Add", [f"{PREFIX}own", f"{PREFIX}added"], "output"))
    proto.graph.output.append(helper.make_empty_tensor_value_info("output"))
    onnx.save(proto, str(path))


def _node_of(operator: str, inputs: Sequence[str], output: str, **attributes: int) -> onnx.NodeProto:
    return helper.make_node(operator, inputs, [output], f"{PREFIX}{output}", **attributes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    logits: str
    layers: int
    size: int


def _with_states(proto: onnx.ModelProto) -> tuple[onnx.ModelProto, _Names]:
    """Return a classifier without its output and what an earlier training put behind it, but with `layers.states`."""
    graph = proto.graph
    own = [node for node in graph.node if not node.name.startswith(PREFIX) and "output" not in node.output]
    kept = [one for one in graph.initializer if not one.name.startswith(PREFIX)]
    logits = next(node.output[0] for node in own if "classes.bias" in node.input)
    norms = [node for node in own if node.op_type == "LayerNormalization"]
    ends = [norm.output[0] for norm in norms[4::4]]  # the first is that of the words, then two a layer
    mean = next(node for node in own if node.op_type == "Div" and _made_by(own, node.input[0]) == "ReduceSum")
    sums, counts = (_node(own, name) for name in mean.input)
    masked = _node(own, sums.input[0])
    added = []
    for layer, end in enumerate(ends):
        name = f"{PREFIX}{layer}"
        added += [
            _node_of("Mul", [end, masked.input[1]], f"{name}.masked"),
            _node_of("ReduceSum", [f"{name}.masked", sums.input[1]], f"{name}.sum", keepdims=0),
            _node_of("Div", [f"{name}.sum", counts.output[0]], name),
        ]
    each = [f"{PREFIX}{layer}" for layer in range(len(ends))]
    added.append(_node_of("Concat", each, f"{PREFIX}states", axis=-1))
    del graph.node[:], graph.initializer[:], graph.output[:]
    graph.node.extend([*own, *added])
    graph.initializer.extend(kept)
    size = next(one.dims[0] for one in kept if one.name == "classes.weight")
    return proto, _Names(logits=logits, layers=len(ends), size=size)


def _node(nodes: Sequence[onnx.NodeProto], output: str) -> onnx.NodeProto:
    return next(node for node in nodes if output in node.output)


def _made_by(nodes: Sequence[onnx.NodeProto], output: str) -> str:
    return next((str(node.op_type) for node in nodes if output in node.output), "")
