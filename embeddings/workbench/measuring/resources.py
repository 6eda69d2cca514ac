"""What a model takes: `python -m embeddings.workbench.measuring.resources MODEL` measures in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import psutil

from embeddings.encoder import Encoder, ModelNotUsableError, model_files

TIMED = 60
"""Short questions that are encoded one at a time, once the model has read SAMPLE to warm up."""
SAMPLE = (
    "How do I reset my password?",
    "hi, the export to csv has stopped working since yesterday, what can I do?",
    "Where can I see who changed a task, and can I undo it?",
    "We would like to invite 25 people at once. Is there a way to upload a list of addresses?",
)
TIMEOUT_S = 3_600
"""A minute alone; the gate's share of a busy machine is what nobody else asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Milliseconds for one short question by the clock (p50, p95) and of a processor; megabytes."""

    dimensions: int
    p50_ms: float
    p95_ms: float
    cpu_ms: float
    memory_mb: float
    size_mb: float


def resources_of(model: str) -> Resources:
    """Measure a model, by its built-in name or folder, in a process of its own. Raises ModelNotUsableError."""
    command = [sys.executable, "-m", __name__, model]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)  # noqa: S603 - ours
    except subprocess.TimeoutExpired:
        raise ModelNotUsableError(
            f"{model} could not be measured within {TIMEOUT_S // 60} minutes: try again when less else is computed"
        ) from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no output"])[-1]
        raise ModelNotUsableError(f"{model} could not be measured: {last}")
    return Resources(**json.loads(done.stdout.splitlines()[-1]))


def measured(model: str) -> Resources:
    """Measure in this process."""
    before = psutil.Process().memory_info().rss
    encoder = Encoder(model)
    encoder.encode(SAMPLE)
    times, cpu = [], time.process_time()
    for number in range(TIMED):
        start = time.perf_counter()
        encoder.encode([SAMPLE[number % len(SAMPLE)]])
        times.append(1000 * (time.perf_counter() - start))
    taken = 1000 * (time.process_time() - cpu) / TIMED
    p50, p95 = np.percentile(times, [50, 95])
    return Resources(
        dimensions=encoder.dimensions,
        p50_ms=round(float(p50), 2),
        p95_ms=round(float(p95), 2),
        cpu_ms=round(taken, 2),
        memory_mb=round((psutil.Process().memory_info().rss - before) / 1e6, 1),
        size_mb=round(_size(model) / 1e6, 1),
    )


def _size(model: str) -> int:
    files = model_files(model)
    paths: list[Path] = [files.onnx, files.tokenizer, *([files.adapter] if files.adapter else [])]
    return sum(path.stat().st_size for path in paths)


if __name__ == "__main__":
    print(json.dumps(asdict(measured(sys.argv[1]))))
