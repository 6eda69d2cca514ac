"""The job that tunes an encoder in Ray: `python -m serve_app.cli.embeddings.tune_job FOLDER`, in the cluster.

FOLDER holds `spec.json`, which `serve_app.cli.embeddings.tuning` writes. A job that was killed goes on at the last
checkpoints when it is started again on its folder; a second one beside it ends at once.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embeddings.workbench.alone import alone
from embeddings.workbench.idle import step_aside

if TYPE_CHECKING:
    from embeddings.workbench.sets.retrieval_set import RetrievalSet

SPEC = "spec.json"
RUNS = "runs"
BEST = "best"
RESULT = "result.json"
FIRST = "first.json"
"""What the adapter gained that is tried first; a job that is taken up reads it."""
KEPT_CHECKPOINTS = 2
OF_TRAINING = ("optimizer.pt", "scheduler.pt", "rng_state*", "training_args.bin")
"""In a checkpoint, and no part of a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What a job tunes: sets as plain values, the base, learning rates to try, and the recipe they share."""

    train: Mapping[str, Any]
    dev: Mapping[str, Any]
    base: str
    rates: tuple[float, ...]
    epochs: int
    batch: int
    steps: int
    seed: int

    @property
    def most_steps(self) -> int:
        """Steps of all trials if none ends early."""
        return len(self.rates) * self.epochs * -(-len(self.train["queries"]) // self.batch)

    def text(self) -> str:
        """Return what is written down; the same for the same tuning."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, folder: Path) -> Spec:
        """Read the one of a job's folder."""
        return cls(**json.loads((folder / SPEC).read_text(encoding="utf-8")))


def plain(data: RetrievalSet) -> dict[str, Any]:
    """Return a set as plain values."""
    return {**asdict(data), "relevant": [sorted(places) for places in data.relevant]}


def as_set(values: Mapping[str, Any]) -> RetrievalSet:
    """Return the set of what `plain` gives."""
    from embeddings.workbench.sets.retrieval_set import RetrievalSet

    return RetrievalSet(
        name=values["name"],
        queries=tuple(values["queries"]),
        passages=tuple(values["passages"]),
        relevant=tuple(frozenset(places) for places in values["relevant"]),
        sha256=values["sha256"],
    )


def trial(config: dict[str, Any]) -> None:
    """Tune with one learning rate, in a worker of Ray's, and report each measurement with its checkpoint."""
    from ray import tune
    from ray.tune import Checkpoint

    from embeddings.workbench.tuning import trainer

    step_aside()
    spec = Spec.read(Path(config["folder"]))
    recipe = trainer.Recipe(
        base=spec.base, rate=config["rate"], epochs=spec.epochs, batch=spec.batch, steps=spec.steps, seed=spec.seed
    )
    work = Path(tune.get_context().get_trial_dir()) / "work"
    work.mkdir(exist_ok=True)

    def report(figures: Mapping[str, float], checkpoint: Path) -> None:
        tune.report(dict(figures), checkpoint=Checkpoint.from_directory(checkpoint))

    train, dev = as_set(spec.train), as_set(spec.dev)
    with alone(work, wait=True):  # the worker of a job that was killed may still be at its last step
        if (last := tune.get_checkpoint()) is None:
            trainer.tune(train, dev, recipe, work, report=report)
            return
        with last.as_directory() as folder:
            trainer.tune(train, dev, recipe, work, report=report, resume=Path(folder))


def main(folder: Path) -> None:
    """Run the trials, unless another job does."""
    step_aside()
    with alone(folder, wait=False) as ours:
        if not ours:
            sys.exit(f"another job tunes in {folder}: wait for it, or stop it")
        _trials(folder)


def _trials(folder: Path) -> None:
    """Run the trials one after the other, keep the best one's model."""
    import ray

    spec = Spec.read(folder)
    first = _first(spec, folder)
    ray.init(ignore_reinit_error=True)
    results = _tuner(spec, folder).fit()
    best = results.get_best_result("recall@1", "max", scope="all")
    kept = max(best.best_checkpoints or (), key=lambda pair: pair[1]["recall@1"])
    shutil.rmtree(folder / BEST, ignore_errors=True)
    shutil.copytree(kept[0].path, folder / BEST, ignore=shutil.ignore_patterns(*OF_TRAINING))
    report = {
        "rate": (best.config or {}).get("rate"),
        "recall@1": kept[1]["recall@1"],
        "first": first,
        "trials": [_told(results[place]) for place in range(len(results))],
    }
    (folder / RESULT).write_text(json.dumps(report, indent=1), encoding="utf-8")
    print(json.dumps(report), flush=True)


def _first(spec: Spec, folder: Path) -> dict[str, float | None]:
    """Try an adapter over the base, unless that was done before; return recall@1 of the base and with the adapter."""
    from embeddings.workbench.tuning.first import tried

    path = folder / FIRST
    if not path.is_file():
        found = tried(spec.base, as_set(spec.train), as_set(spec.dev), seed=spec.seed)
        path.write_text(json.dumps(asdict(found)), encoding="utf-8")
    known: dict[str, float | None] = json.loads(path.read_text(encoding="utf-8"))
    print(f"an adapter first: {gained(known['base'], known['adapter'])}", flush=True)
    return known


def gained(base: float | None, found: float | None) -> str:
    """Say what was gained over the base."""
    if base is None or found is None:
        return "not trained, at least 20 questions with an answer are needed"
    return f"recall@1 {base:.3f} → {found:.3f} ({found - base:+.3f})"


def told(report: Mapping[str, Any], questions: int) -> str:
    """Say what the adapter has gained that was tried first, and what the whole encoder has."""
    first = report["first"]
    return (
        f"on {questions} questions put aside: the whole encoder {gained(first['base'], report['recall@1'])}, "
        f"an adapter {gained(first['base'], first['adapter'])}"
    )


def _tuner(spec: Spec, folder: Path) -> Any:
    """Return the tuner of this folder as it was left, else a new one."""
    import ray
    from ray import tune

    gpu = ray.cluster_resources().get("GPU", 0) >= 1  # type: ignore[no-untyped-call]
    trainable = tune.with_resources(trial, {"cpu": 1, "gpu": 1} if gpu else {"cpu": 1})
    where = folder / RUNS / "tune"
    if tune.Tuner.can_restore(str(where)):
        return tune.Tuner.restore(str(where), trainable=trainable, resume_unfinished=True, restart_errored=True)
    return tune.Tuner(
        trainable,
        param_space={"rate": tune.grid_search(list(spec.rates)), "folder": str(folder)},
        tune_config=tune.TuneConfig(metric="recall@1", mode="max", max_concurrent_trials=1),
        run_config=tune.RunConfig(
            name="tune",
            storage_path=str(folder / RUNS),
            checkpoint_config=tune.CheckpointConfig(
                num_to_keep=KEPT_CHECKPOINTS,
                checkpoint_score_attribute="recall@1",
                checkpoint_score_order="max",
            ),
        ),
    )


def _told(result: Any) -> dict[str, Any]:
    """Return a trial's rate, its last figures and the curve of recall@1 by steps.

    A trial that was taken up at its last checkpoint may measure a step again: the later figure counts.
    """
    rows = [] if result.metrics_dataframe is None else result.metrics_dataframe.to_dict("records")
    curve = {int(row["step"]): row["recall@1"] for row in rows if "recall@1" in row}
    return {
        "rate": (result.config or {}).get("rate"),
        "recall@1": (result.metrics or {}).get("recall@1"),
        "curve": [list(measured) for measured in sorted(curve.items())],
        "error": str(result.error or ""),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
