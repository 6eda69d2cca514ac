"""The job that tunes an encoder in Ray: `python -m serve_app.cli.embeddings.tune_job FOLDER`, in the cluster.

FOLDER holds `spec.json`, which `serve_app.cli.embeddings.tuning` writes. A job that was killed goes on at the last
checkpoints when it is started again on its folder.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from embeddings.workbench.sets.retrieval_set import RetrievalSet

SPEC = "spec.json"
RUNS = "runs"
BEST = "best"
RESULT = "result.json"
NICENESS = 19
"""Of trials: the product answers first."""
KEPT_CHECKPOINTS = 2


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

    def write(self, folder: Path) -> None:
        """Write it into the job's folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SPEC).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Spec:
        """Read what `write` wrote."""
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

    os.nice(NICENESS)
    spec = Spec.read(Path(config["folder"]))
    recipe = trainer.Recipe(
        base=spec.base, rate=config["rate"], epochs=spec.epochs, batch=spec.batch, steps=spec.steps, seed=spec.seed
    )
    work = Path(tune.get_context().get_trial_dir()) / "work"

    def report(figures: Mapping[str, float], checkpoint: Path) -> None:
        tune.report(dict(figures), checkpoint=Checkpoint.from_directory(checkpoint))

    train, dev = as_set(spec.train), as_set(spec.dev)
    if (last := tune.get_checkpoint()) is None:
        trainer.tune(train, dev, recipe, work, report=report)
        return
    with last.as_directory() as folder:
        trainer.tune(train, dev, recipe, work, report=report, resume=Path(folder))


def main(folder: Path) -> None:
    """Run the trials one after the other, keep the best one's model."""
    import ray
    from ray import tune

    spec = Spec.read(folder)
    ray.init(ignore_reinit_error=True)
    gpu = ray.cluster_resources().get("GPU", 0) >= 1  # type: ignore[no-untyped-call]
    trainable = tune.with_resources(trial, {"cpu": 1, "gpu": 1} if gpu else {"cpu": 1})
    where = folder / RUNS / "tune"
    if tune.Tuner.can_restore(str(where)):
        tuner = tune.Tuner.restore(str(where), trainable=trainable, resume_unfinished=True, restart_errored=True)
    else:
        tuner = tune.Tuner(
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
    results = tuner.fit()
    best = results.get_best_result("recall@1", "max", scope="all")
    kept = max(best.best_checkpoints or (), key=lambda pair: pair[1]["recall@1"])
    shutil.rmtree(folder / BEST, ignore_errors=True)
    shutil.copytree(kept[0].path, folder / BEST)
    report = {
        "rate": (best.config or {}).get("rate"),
        "recall@1": kept[1]["recall@1"],
        "trials": [
            {"rate": one.config["rate"], "recall@1": one.metrics.get("recall@1"), "error": str(one.error or "")}
            for one in (results[place] for place in range(len(results)))
            if one.config and one.metrics
        ],
    }
    (folder / RESULT).write_text(json.dumps(report, indent=1), encoding="utf-8")
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
