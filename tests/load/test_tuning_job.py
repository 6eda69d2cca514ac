"""A whole encoder is tuned in the Ray of a product that answers meanwhile: watched, killed, taken up, ended early.

What Ray's dashboard shows of it is web-form/e2e/shots/tuning.png; copy it to docs/pictures when it has changed.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from embeddings.encoder import Encoder
from embeddings.workbench.questions import QUESTIONS
from tests.fixtures.node import node
from tests.fixtures.ports import free_port
from tests.fixtures.product import NIGHTDESK, Product, running_product
from tests.fixtures.waiting import wait_until

pytestmark = [pytest.mark.full, pytest.mark.product, pytest.mark.timeout(7200)]

RATE, SECONDS = 5, 60
SLOWER = 1.5
"""Times as long as alone an answer may take beside a tuning, at the 95th percentile."""
EPOCHS, BATCH, STEPS = 30, 16, 10
"""More epochs than the figures go on to get better."""


@pytest.fixture
def desk() -> Iterator[Product]:
    with running_product(free_port(), {}) as running:
        yield running


@contextmanager
def tuning(desk: Product, out: Path) -> Iterator[subprocess.Popen[str]]:
    """The command, which follows the job until the block ends."""
    process = subprocess.Popen(
        [
            str(NIGHTDESK), "embeddings", "tune", "--whole", "--data", str(QUESTIONS), "--out", str(out),
            "--rate", "2e-5", "--rate", "2e-4", "--epochs", str(EPOCHS), "--batch", str(BATCH), "--steps", str(STEPS),
            "--data-dir", str(desk.data_dir),
        ],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def checkpoints(out: Path) -> list[Path]:
    """What the trials have kept."""
    return list(out.glob("runs/tune/*/checkpoint_*"))


def dashboard(desk: Product) -> tuple[str, str]:
    """The address of Ray's dashboard and its token."""
    token = (desk.data_dir / "secrets/ray_token").read_text(encoding="utf-8").strip()
    return str(desk.run_file()["dashboard_url"]), token


def jobs(desk: Product) -> list[dict[str, Any]]:
    """The tunings that Ray knows."""
    url, token = dashboard(desk)
    listed = httpx.get(f"{url}/api/jobs/", headers={"Authorization": f"Bearer {token}"}, trust_env=False).json()
    return [job for job in listed if (job.get("metadata") or {}).get("nightdesk") == "tune"]


def waits(desk: Product, where: Path) -> dict[str, Any]:
    """What `nightdesk bench latency` measures of customers who write at a steady rate."""
    done = desk.command(
        "bench", "latency", "--rate", str(RATE), "--seconds", str(SECONDS), "--at-rest", "0", "--json", str(where)
    )
    found: dict[str, Any] = json.loads(where.read_text(encoding="utf-8"))
    assert found["statuses"] == {str(201): RATE * SECONDS}, done.stdout
    assert (found["unanswered"], found["doubled"]) == (0, 0)
    return found


def test_an_encoder_is_tuned_in_ray_beside_customers_and_goes_on_after_a_kill(desk: Product, tmp_path: Path) -> None:
    out = tmp_path / "ours"
    alone = waits(desk, tmp_path / "alone.json")
    with tuning(desk, out) as first:
        wait_until(lambda: checkpoints(out), what="a checkpoint", within_s=900)
        beside = waits(desk, tmp_path / "beside.json")
        assert beside["answer_p95_s"] <= SLOWER * alone["answer_p95_s"]
        (job,) = jobs(desk)
        shown = node("e2e/tuning.mjs", *dashboard(desk), job["submission_id"])
        assert shown.returncode == 0, shown.stdout + shown.stderr
        known = {checkpoint.parent.name for checkpoint in checkpoints(out)}
        assert desk.kill("serve_app.cli.embeddings.tune_job")
        said, _ = first.communicate(timeout=300)
        assert first.returncode == 1
        assert "ended as FAILED" in " ".join(said.split())
    with tuning(desk, out) as again:
        said, _ = again.communicate(timeout=5400)
        assert again.returncode == 0, said
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    print(json.dumps({"alone": figures(alone), "beside": figures(beside)}), json.dumps(result))
    assert result["first"]["adapter"] is not None
    assert f"an adapter recall@1 {result['first']['base']:.3f}" in " ".join(said.split())
    assert [trial["error"] for trial in result["trials"]] == ["", ""]
    trials = {checkpoint.parent.name for checkpoint in checkpoints(out)}
    assert known <= trials  # it went on, and did not begin again
    assert len(trials) == 2
    for measured in out.glob("runs/tune/*/result.json"):
        steps = [json.loads(line)["step"] for line in measured.read_text(encoding="utf-8").splitlines()]
        assert steps.count(STEPS) == 1  # the killed one did not begin again, but at its checkpoint
    for trial in result["trials"]:
        steps = [step for step, _ in trial["curve"]]
        assert steps == sorted(set(steps))
        assert steps[-1] < EPOCHS * questions(out) // BATCH  # nothing got better any more, so it ended
    assert Encoder(str(out.parent / "ours-served/ours")).encode(["Where do I find my invoices?"]).shape == (1, 384)


def figures(found: dict[str, Any]) -> dict[str, float]:
    return {name: round(found[name], 3) for name in ("ack_p50", "ack_p95", "answer_p50_s", "answer_p95_s")}


def questions(out: Path) -> int:
    """How many questions are trained on."""
    return len(json.loads((out / "spec.json").read_text(encoding="utf-8"))["train"]["queries"])
