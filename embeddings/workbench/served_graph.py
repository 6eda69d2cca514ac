"""Writes a tuned MiniLM as the ONNX file that is served: int8 weights, and int8 arithmetic in its linear layers.

A weight matrix becomes int8 numbers and a scale for each of its columns. What is multiplied with it becomes int8 while
the model runs, with a scale for each token of its own: so a text's vector does not depend on what else is in its batch,
as it would with ONNX Runtime's own dynamic quantization, whose scale is the batch's. Attention, normalisation and
activation stay float32, as operators that ONNX Runtime has for such models (https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from embeddings.arrays import Floats

Array = NDArray[Any]
Tail = Callable[["GraphWriter", str, str], str]
"""(writer, the last hidden state (n, tokens, d), the mask float32 (n, tokens, 1)) -> the output's name."""

WEIGHT_LIMIT = 63
"""Seven bits: two products of a weight and a uint8 fit into 16 bits, in which processors without VNNI add them up."""
TOKEN_LIMIT = 127
GELU_LEAST = -0.17
"""No value of the activation is below. So what is above fills all 256 numbers."""
MICROSOFT = "com.microsoft"
OPSETS = (helper.make_opsetid("", 20), helper.make_opsetid(MICROSOFT, 1))
IR_VERSION = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A weight matrix as int8 `numbers` (inputs, outputs) and `scale` (outputs,), with their `names` in the graph."""

    numbers: NDArray[np.int8]
    scale: Floats
    names: tuple[str, str]


class GraphWriter:
    """Collects nodes and constants; the methods return the name of what they compute."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, value: Array | np.generic, name: str = "") -> str:
        """Keep an array; one without a name is a number or two, which are kept once."""
        array: Array = np.ascontiguousarray(value)
        name = name or f"{array.dtype}_{'_'.join(map(str, array.tolist()))}"
        self.constants[name] = numpy_helper.from_array(array, name)
        return name

    def __call__(self, operator: str, *inputs: str, domain: str = "", outputs: int = 1, **attributes: Any) -> str:
        """Add a node; of several outputs the names are `name:0`, `name:1`, …"""
        name = f"{operator}_{len(self.nodes)}"
        names = [name] if outputs == 1 else [f"{name}:{n}" for n in range(outputs)]
        self.nodes.append(helper.make_node(operator, inputs, names, name=name, domain=domain, **attributes))
        return name

    def linear(self, given: str, weights: Floats, name: str) -> str:
        """Return `given @ weights` in int8; weights (inputs, outputs). Each token's numbers are 128 + 127 * [-1, 1]."""
        size = self._sizes(self("Abs", given))
        return self._multiplied(given, size, self._kept(weights, name), step=1 / TOKEN_LIMIT, zero=TOKEN_LIMIT + 1)

    def linear_after_gelu(self, given: str, weights: Floats, name: str) -> str:
        """Return `given @ weights` in int8, where no value is below GELU_LEAST: they are lifted to be positive."""
        kept, lift = self._kept(weights, name), np.float32(-GELU_LEAST)
        lifted = self("Add", given, self.constant(lift))
        product = self._multiplied(lifted, self._sizes(lifted), kept, step=1 / 255, zero=0)
        sums = kept.numbers.astype(np.float32).sum(axis=0) * kept.scale
        return self("Sub", product, self.constant(lift * sums, f"{name}.lift"))

    def _kept(self, weights: Floats, name: str) -> Kept:
        scale = (np.maximum(np.abs(weights).max(axis=0), 1e-12) / WEIGHT_LIMIT).astype(np.float32)
        numbers = np.round(weights / scale).astype(np.int8)
        names = self.constant(numbers, name), self.constant(scale, f"{name}.scale")
        return Kept(numbers=numbers, scale=scale, names=names)

    def _sizes(self, given: str) -> str:
        """Return the largest value of each token."""
        size = self("ReduceMax", given, self.constant(np.array([-1])), keepdims=1)
        return self("Max", size, self.constant(np.float32(1e-12)))

    def _multiplied(self, given: str, size: str, kept: Kept, *, step: float, zero: int) -> str:
        steps, zeros = self.constant(np.float32(step)), self.constant(np.uint8(zero))
        numbers = self("QuantizeLinear", self("Div", given, size), steps, zeros)
        weights, scale = kept.names
        return self("Mul", self("MatMulIntegerToFloat", numbers, weights, steps, scale, zeros, domain=MICROSOFT), size)


def write(encoder: nn.Module, path: Path, *, tail: Tail, metadata: Mapping[str, str]) -> None:
    """Write a BertModel of the transformers library, with what `tail` computes from its last hidden state."""
    config: Any = encoder.config
    state = {name: np.asarray(tensor.detach().numpy()) for name, tensor in encoder.state_dict().items()}
    save(state, path, layers=config.num_hidden_layers, heads=config.num_attention_heads, tail=tail, metadata=metadata)


def save(
    state: Mapping[str, Floats], path: Path, *, layers: int, heads: int, tail: Tail, metadata: Mapping[str, str]
) -> None:
    """As `write`, from the weights by their names in a BertModel."""
    graph = GraphWriter()
    hidden = _embedded(graph, state)
    mask = graph("Cast", "attention_mask", to=TensorProto.INT32)
    for layer in range(layers):
        own = {
            name.split(".", 3)[3]: value for name, value in state.items() if name.startswith(f"encoder.layer.{layer}.")
        }
        hidden = _layer(graph, hidden, mask, own, heads=heads, name=f"layer.{layer}")
    weights = graph("Unsqueeze", graph("Cast", "attention_mask", to=TensorProto.FLOAT), graph.constant(np.array([-1])))
    _finish(graph, tail(graph, hidden, weights), path, metadata)


def _embedded(graph: GraphWriter, state: Mapping[str, Floats]) -> str:
    """Return the tokens' first vectors; the word vectors are int8, a scale a word."""
    words = state["embeddings.word_embeddings.weight"]
    scale = np.maximum(np.abs(words).max(axis=1, keepdims=True), 1e-12) / TOKEN_LIMIT
    numbers = graph.constant(np.round(words / scale).astype(np.int8), "words")
    scales = graph.constant(scale.astype(np.float32), "words.scale")
    found = graph("Cast", graph("Gather", numbers, "input_ids"), to=TensorProto.FLOAT)
    found = graph("Mul", found, graph("Gather", scales, "input_ids"))
    # One text at a time, so all tokens are of the first type.
    places = state["embeddings.position_embeddings.weight"] + state["embeddings.token_type_embeddings.weight"][0]
    width = graph("Slice", graph("Shape", "input_ids"), *(graph.constant(np.array([n])) for n in (1, 2)))
    first = graph("Slice", graph.constant(places, "places"), graph.constant(np.array([0])), width)
    return _normalised(graph, graph("Add", found, first), state, "embeddings.LayerNorm")


def _layer(graph: GraphWriter, given: str, mask: str, own: Mapping[str, Floats], *, heads: int, name: str) -> str:
    parts = [f"attention.self.{part}" for part in ("query", "key", "value")]
    three = np.concatenate([own[f"{part}.weight"].T for part in parts], axis=1)
    biases = graph.constant(np.concatenate([own[f"{part}.bias"] for part in parts]), f"{name}.attention.bias")
    split = graph("Split", graph.linear(given, three, f"{name}.attention"), axis=-1, num_outputs=3, outputs=3)
    asked = [f"{split}:{n}" for n in range(3)]
    seen = graph("MultiHeadAttention", *asked, biases, mask, domain=MICROSOFT, num_heads=heads)
    seen = graph.linear(seen, own["attention.output.dense.weight"].T, f"{name}.attention.output")
    given = _added(graph, seen, given, own, "attention.output", name)
    wide = graph.linear(given, own["intermediate.dense.weight"].T, f"{name}.intermediate")
    wide = graph(
        "BiasGelu", wide, graph.constant(own["intermediate.dense.bias"], f"{name}.intermediate.bias"), domain=MICROSOFT
    )
    narrow = graph.linear_after_gelu(wide, own["output.dense.weight"].T, f"{name}.output")
    return _added(graph, narrow, given, own, "output", name)


def _added(graph: GraphWriter, found: str, given: str, own: Mapping[str, Floats], part: str, name: str) -> str:
    """Return the normalised sum of what a linear layer found, its bias, and what the layer was given."""
    bias = graph.constant(own[f"{part}.dense.bias"], f"{name}.{part}.bias")
    # Sum: with Add, ONNX Runtime would put a SkipLayerNormalization in its place, which takes ten times as long.
    return _normalised(graph, graph("Sum", found, given, bias), own, f"{part}.LayerNorm", f"{name}.")


def _normalised(graph: GraphWriter, given: str, state: Mapping[str, Floats], part: str, name: str = "") -> str:
    kept = [graph.constant(state[f"{part}.{value}"], f"{name}{part}.{value}") for value in ("weight", "bias")]
    return graph("LayerNormalization", given, *kept, axis=-1, epsilon=1e-12)


def _finish(graph: GraphWriter, output: str, path: Path, metadata: Mapping[str, str]) -> None:
    given = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"])
        for name in ("input_ids", "attention_mask")
    ]
    found = helper.make_empty_tensor_value_info("output")
    graph.nodes.append(helper.make_node("Identity", [output], ["output"]))
    proto = helper.make_model(
        helper.make_graph(graph.nodes, "encoder", given, [found], list(graph.constants.values())),
        opset_imports=OPSETS,
        ir_version=IR_VERSION,
    )
    helper.set_model_props(proto, dict(metadata))
    onnx.save(proto, str(path))
