"""Fine-tunes the judge on companies' questions: PyTorch, half an hour on two processors that know bfloat16.

A step reads all sections of one company with some of its questions, so each question is compared with every look-alike.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

import torch
from rich.progress import track
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from embeddings.encoder import BUILT_IN, Encoder, model_files
from embeddings.indexer import embedded_text
from embeddings.judge import passage_text
from embeddings.text_model import load_tokenizer
from embeddings.workbench.answers.data import Company, CustomerQuestion
from embeddings.workbench.answers.judge.model import LateInteraction, Tokens
from embeddings.workbench.answers.judge.typing_errors import mistyped
from embeddings.workbench.schedule import warmed_up

SEED = 11
EPOCHS = 3
QUESTIONS_A_STEP = 84
RATE = 1.5e-4
"""Learning rate of the layers; what is new on top has ten times that."""
PIECE = 12
"""Texts that pass the encoder together."""
MISTYPED = 0.4
"""The share of the questions that are read with typing errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Texts of nearly the same length, so that little is padding: their `rows` among all, and their tokens."""

    rows: tuple[int, ...]
    tokens: Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A company's sections after the frozen layers, and the shared encoder's cosines (questions, sections)."""

    company: Company
    sections: tuple[Piece, ...]
    cosines: Tensor


class Tuning:
    """A model and what its training reads."""

    def __init__(self, companies: Sequence[Company], encoder: Encoder, seed: int = SEED) -> None:
        torch.manual_seed(seed)
        self._rng = random.Random(seed)  # noqa: S311 - a repeatable draw
        self._tokenizer = load_tokenizer(model_files(BUILT_IN).tokenizer)
        self.model = LateInteraction()
        self._prepared = [self.prepare(company, encoder) for company in companies]

    def prepare(self, company: Company, encoder: Encoder) -> Prepared:
        """Read a company's sections up to the tuned layers."""
        texts = [passage_text(section.title, section.content) for section in company.sections]
        self.model.eval()
        with torch.no_grad():
            sections = self._lower(texts)
        vectors = encoder.encode([embedded_text(section) for section in company.sections])
        cosines = encoder.encode([question.text for question in company.questions]) @ vectors.T
        return Prepared(company=company, sections=sections, cosines=torch.tensor(cosines))

    def fit(self) -> LateInteraction:
        """Tune; the same seed and machine give nearly the same model.

        Returned is the mean of the models after each epoch, which is right more often on other companies than the last.
        """
        mean = AveragedModel(self.model)
        optimizer, schedule = _optimizer(self.model, EPOCHS * len(self._plan()))
        for epoch in range(1, EPOCHS + 1):
            self.model.train()
            for prepared, rows in track(self._plan(), description=f"tuning the judge, {epoch} of {EPOCHS}"):
                optimizer.zero_grad()
                self._loss(prepared, rows).backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
                optimizer.step()
                schedule.step()
            mean.update_parameters(self.model)
        self.model = cast(LateInteraction, mean.module)
        return self.model.eval()

    def logits(self, prepared: Prepared, rows: Sequence[int], texts: Sequence[str]) -> Tensor:
        """Return (rows, sections + 1): what speaks for each section, and for none."""
        with torch.autocast("cpu", dtype=torch.bfloat16):
            asked, sections = self._read(self._lower(texts)), self._read(prepared.sections)
        columns, cosines = _order(sections), prepared.cosines[list(rows)]
        # Cosines as the pieces' columns are, and the logits back in the order of the sections.
        pieces, back = [piece.tokens for piece in sections], [*columns.argsort().tolist(), len(columns)]
        found = [self.model.logits(one.tokens, pieces, cosines[list(one.rows)][:, columns])[:, back] for one in asked]
        return torch.cat(found)[_order(asked).argsort()]

    def _lower(self, texts: Sequence[str]) -> tuple[Piece, ...]:
        """Return texts after the frozen layers."""
        encodings = self._tokenizer.encode_batch(list(texts))
        by_length = sorted(range(len(texts)), key=lambda row: len(encodings[row].ids))
        shares = [by_length[start : start + PIECE] for start in range(0, len(texts), PIECE)]
        return tuple(self._piece(rows, [encodings[row].ids for row in rows]) for rows in shares)

    def _piece(self, rows: Sequence[int], texts: Sequence[Sequence[int]]) -> Piece:
        pad = nn.utils.rnn.pad_sequence
        ids = [torch.tensor(text) for text in texts]
        mask = pad([torch.ones_like(own) for own in ids], batch_first=True)
        return Piece(rows=tuple(rows), tokens=self.model.lower(pad(ids, batch_first=True), mask))

    def _read(self, pieces: Sequence[Piece]) -> list[Piece]:
        """Return the pieces with the channels of their tokens."""
        read = [self.model.channels(self.model.upper(piece.tokens)).float() for piece in pieces]
        return [
            replace(piece, tokens=replace(piece.tokens, hidden=hidden))
            for piece, hidden in zip(pieces, read, strict=True)
        ]

    def _plan(self) -> list[tuple[Prepared, list[int]]]:
        """Return an epoch's steps: each question once, those of one company together."""
        steps = [(prepared, rows) for prepared in self._prepared for rows in _shares(prepared.company, self._rng)]
        self._rng.shuffle(steps)
        return steps

    def _loss(self, prepared: Prepared, rows: Sequence[int]) -> Tensor:
        questions = [prepared.company.questions[row] for row in rows]
        texts = [mistyped(q.text, self._rng) if self._rng.random() < MISTYPED else q.text for q in questions]
        shares = torch.log_softmax(self.logits(prepared, rows, texts), dim=1)
        return torch.stack([_missed(row, question) for row, question in zip(shares, questions, strict=True)]).mean()


def _order(pieces: Sequence[Piece]) -> Tensor:
    """Return the rows of all pieces' texts, as they stand in the pieces."""
    return torch.tensor([row for piece in pieces for row in piece.rows])


def _missed(shares: Tensor, question: CustomerQuestion) -> Tensor:
    """Return the mean over the things asked of -log(share of the sections that answer it), null for one without."""
    none = shares.shape[0] - 1
    wanted = question.wanted or (frozenset(),)
    return torch.stack([-torch.logsumexp(shares[sorted(rows) or [none]], dim=0) for rows in wanted]).mean()


def _shares(company: Company, rng: random.Random) -> Iterator[list[int]]:
    """Yield the rows of a company's questions in random order, cut evenly into at most QUESTIONS_A_STEP."""
    rows = list(range(len(company.questions)))
    rng.shuffle(rows)
    parts = -(-len(rows) // QUESTIONS_A_STEP)
    yield from (rows[part::parts] for part in range(parts))


def _optimizer(
    model: LateInteraction, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    layers = [parameter for parameter in model.encoder.parameters() if parameter.requires_grad]
    new = [*model.project.parameters(), *model.signals.parameters()]
    groups = [
        {"params": layers, "lr": RATE},
        {"params": new, "lr": 10 * RATE},
        {"params": [model.scale, model.bias], "lr": 200 * RATE, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    return optimizer, warmed_up(optimizer, steps)
