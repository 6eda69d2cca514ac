"""Brings a model into the form that is served: a folder with `model.onnx`, `tokenizer.json` and maybe an adapter."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from embeddings.encoder import ADAPTER, BUILT_IN, ModelNotFoundError, ModelNotUsableError, model_files

WEIGHTS = ("model.safetensors", "pytorch_model.bin")
KEPT = ("README.md", "LICENSE", "LICENCE", "LICENSE.txt", "LICENCE.txt")
"""Carried along with a model where it has them."""
BUILT_IN_LICENCE = "apache-2.0"


def served_form(model: str, into: Path, *, name: str = "") -> Path:
    """Copy a folder that is served as it is, or export one of sentence-transformers; return the folder below `into`.

    The built-in model under a `name` of its own is what an adapter is put behind.
    Raises ModelNotFoundError, ModelNotUsableError.
    """
    source = Path(model)
    folder = into / (name or source.name)
    if model == BUILT_IN or (source / "model.onnx").is_file():
        files = model_files(model)
        folder.mkdir(parents=True)
        shutil.copyfile(files.onnx, folder / "model.onnx")
        shutil.copyfile(files.tokenizer, folder / "tokenizer.json")
        if files.adapter:
            shutil.copyfile(files.adapter, folder / ADAPTER)
    elif any((source / weights).is_file() for weights in WEIGHTS):
        folder.mkdir(parents=True)
        export(source, folder)
    else:
        raise ModelNotFoundError(
            f"{model!r} is neither {BUILT_IN!r} nor a folder with model.onnx and tokenizer.json, "
            f"nor one of sentence-transformers (config.json, {' or '.join(WEIGHTS)})"
        )
    if model == BUILT_IN:  # whoever puts an adapter behind it passes its licence on
        (folder / "README.md").write_text(
            f"---\nlicense: {BUILT_IN_LICENCE}\nbase_model: {BUILT_IN}\n---\n", encoding="utf-8"
        )
        return folder
    for kept in KEPT:
        if (source / kept).is_file():
            shutil.copyfile(source / kept, folder / kept)
    return folder


def licence_of(model: str) -> str:
    """Return the licence that a model's README names in its first lines, "" when it names none."""
    path = Path(model) / "README.md"
    if model == BUILT_IN:
        return BUILT_IN_LICENCE
    if not path.is_file():
        return ""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[:40]
    return next((line.split(":", 1)[1].strip() for line in lines if line.lower().startswith("license:")), "")


def export(source: Path, folder: Path) -> None:
    """Write a model of sentence-transformers as ONNX; in int8 where it is a BERT. Raises ModelNotUsableError."""
    config = _config(source)
    _require_mean_pooling(source)
    if not (source / "tokenizer.json").is_file():
        raise ModelNotUsableError(f"{source} has no tokenizer.json: save the model with a fast tokenizer")
    shutil.copyfile(source / "tokenizer.json", folder / "tokenizer.json")
    try:
        if config.get("model_type") == "bert" and config.get("hidden_act") == "gelu":
            _write_bert(source, folder / "model.onnx")
        else:
            _write_any(source, folder / "model.onnx")
    except Exception as error:  # what torch, transformers and safetensors raise has no common class
        raise ModelNotUsableError(f"{source} could not be exported: {str(error).splitlines()[0]}") from error


def _config(source: Path) -> dict[str, Any]:
    try:
        found = json.loads((source / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelNotUsableError(f"{source} has no config.json that can be read: {error}") from error
    return dict(found) if isinstance(found, dict) else {}


def _require_mean_pooling(source: Path) -> None:
    """Refuse what is pooled otherwise than the product pools."""
    path = source / "1_Pooling" / "config.json"
    if not path.is_file():
        return
    pooling = json.loads(path.read_text(encoding="utf-8"))
    mean = pooling.get("pooling_mode") == "mean" or pooling.get("pooling_mode_mean_tokens")
    others = [name for name in pooling if name.startswith("pooling_mode_") and name != "pooling_mode_mean_tokens"]
    if not mean or any(pooling[name] for name in others):
        raise ModelNotUsableError(f"{source} is not pooled by the mean of its tokens, which is what is served")


def _write_bert(source: Path, path: Path) -> None:
    from transformers import AutoModel

    from embeddings.workbench.served_graph import write

    encoder = AutoModel.from_pretrained(str(source), add_pooling_layer=False)
    write(encoder, path, tail=lambda _graph, hidden, _mask: hidden, metadata={})


def _write_any(source: Path, path: Path) -> None:
    import torch
    from transformers import AutoModel

    encoder = AutoModel.from_pretrained(str(source), attn_implementation="eager", add_pooling_layer=False).eval()
    ids = torch.arange(3, 19).reshape(2, 8)
    mask = torch.ones_like(ids)  # one tensor for both would be one input of the graph
    batch, tokens = torch.export.Dim("batch", min=1, max=4096), torch.export.Dim("tokens", min=2, max=512)
    shape = {0: batch, 1: tokens}
    torch.onnx.export(
        encoder,
        (),
        str(path),
        kwargs={"input_ids": ids, "attention_mask": mask},
        input_names=["input_ids", "attention_mask"],
        output_names=["last_hidden_state"],
        dynamic_shapes={"input_ids": shape, "attention_mask": shape},
        external_data=False,
        dynamo=True,
    )


@contextmanager
def in_served_form(models: Sequence[str]) -> Iterator[list[str]]:
    """Yield models as they would be served, in folders that are gone afterwards. Raises as `served_form`."""
    with tempfile.TemporaryDirectory(prefix="nightdesk-models-") as work:
        folders = []
        for number, model in enumerate(models):
            ready = model == BUILT_IN or (Path(model) / "model.onnx").is_file()
            folders.append(model if ready else str(served_form(model, Path(work) / str(number))))
        yield folders
