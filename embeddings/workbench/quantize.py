"""Writes a tuned model as the ONNX file that is served: int8 weights, computed with in float32.

A weight matrix becomes int8 numbers and a scale for each of its columns (for word vectors: each row), a quarter of the
size; ONNX Runtime folds the multiplication when it loads the file. Logits change by less than 0.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from torch import nn

LEAST_WEIGHTS = 10_000
"""Smaller arrays (biases, norms, the classifier) stay as they are."""

_TOKENS = ([101, 2054, 2003, 102], [101, 2054, 102, 0])
_AXES = {0: "batch", 1: "sequence"}


def export(model: nn.Module, path: Path, *, inputs: Sequence[str], metadata: Mapping[str, str]) -> None:
    """Export to ONNX with `metadata` in the file, quantize, check, write.

    `inputs` are the model's arguments in order, of input_ids, attention_mask and token_type_ids.
    """
    ids = torch.tensor(_TOKENS)
    given = {"input_ids": ids, "attention_mask": (ids > 0).long(), "token_type_ids": torch.zeros_like(ids)}
    program = torch.onnx.export(
        model.eval(),
        tuple(given[name] for name in inputs),
        dynamo=True,
        verbose=False,
        input_names=list(inputs),
        output_names=["logits"],
        dynamic_shapes=dict.fromkeys(inputs, _AXES),
    )
    assert program is not None
    proto = program.model_proto
    for node in proto.graph.node:  # the exporter notes where on this machine each node comes from
        del node.metadata_props[:]
    _quantize(proto.graph)
    helper.set_model_props(proto, dict(metadata))
    onnx.checker.check_model(proto, full_check=True)
    onnx.save(proto, str(path))


def _quantize(graph: onnx.GraphProto) -> None:
    """Replace each large float matrix by int8 numbers, a scale, and the Cast and Mul that restore it."""
    looked_up = {node.input[0] for node in graph.node if node.op_type == "Gather"}
    kept, nodes = [], []
    for tensor in graph.initializer:
        weights = numpy_helper.to_array(tensor)
        if weights.dtype == np.float32 and weights.ndim == 2 and weights.size >= LEAST_WEIGHTS:
            numbers, scale = _quantized(weights, axis=1 if tensor.name in looked_up else 0)
            kept += [_named(numbers, f"{tensor.name}_q"), _named(scale, f"{tensor.name}_scale")]
            nodes.append(
                helper.make_node("Cast", [f"{tensor.name}_q"], [f"{tensor.name}_f"], to=onnx.TensorProto.FLOAT)
            )
            nodes.append(helper.make_node("Mul", [f"{tensor.name}_f", f"{tensor.name}_scale"], [tensor.name]))
        else:
            kept.append(tensor)
    _replace(graph.initializer, kept)
    _replace(graph.node, [*nodes, *graph.node])


def _quantized(weights: NDArray[np.float32], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return numbers in -127..127 and a scale shared along `axis`: weights ≈ numbers * scale."""
    scale = np.maximum(np.abs(weights).max(axis=axis, keepdims=True), 1e-12) / np.float32(127)
    return np.round(weights / scale).astype(np.int8), scale.astype(np.float32)


def _named(array: NDArray[np.int8] | NDArray[np.float32], name: str) -> onnx.TensorProto:
    return numpy_helper.from_array(array, name)


def _replace(field: object, items: Sequence[object]) -> None:
    """Repeated fields of a protobuf can't be assigned to."""
    del field[:]  # type: ignore[attr-defined]
    field.extend(items)  # type: ignore[attr-defined]
