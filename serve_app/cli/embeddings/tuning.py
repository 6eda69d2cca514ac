"""What `nightdesk embeddings tune` does: an adapter here, and a whole encoder as a job of the running product's Ray."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from serve_app.cli.embeddings.tune_job import BEST, RESULT, RUNS, SPEC, Spec, plain, told
from serve_app.cli.options import chosen_data_dir
from serve_app.cli.target import find_product
from serve_app.cli.workbench_extra import progress_bar
from serve_app.embedded.base import run_file
from serve_app.embedded.base.errors import NotRunningError, UserError
from serve_app.settings.settings import load_settings

if TYPE_CHECKING:
    from embeddings.workbench.sets.retrieval_set import RetrievalSet

LOOK_S = 1.0
DONE = ("SUCCEEDED", "FAILED", "STOPPED")


def adapter(base: str, train: RetrievalSet, out: Path, seed: int, console: Console) -> str:
    """Train an adapter into a folder; return a line about it."""
    from embeddings.workbench.tuning.adapted import adapted

    with progress_bar(console) as bar:
        task = bar.add_task("adapter", total=None)
        try:
            found = adapted(base, train, out, seed=seed, progress=lambda n, of: bar.update(task, completed=n, total=of))
        except ValueError as error:
            raise UserError(f"{train.name}: {error}.") from None
    return f"{out}: MRR {found.before:.3f} → {found.after:.3f} on a tenth of the training part put aside"


def in_ray(
    base: str | None, train: RetrievalSet, folder: Path, *, rates: tuple[float, ...], epochs: int, batch: int,
    steps: int, seed: int, data_dir: Path | None, address: str | None, console: Console,
) -> str:  # fmt: skip
    """Submit the job, or take up the one of the folder, and follow it; Ctrl-C leaves it running.

    Raises NotRunningError, UserError.
    """
    from embeddings.workbench.tuning.parts import parted
    from embeddings.workbench.tuning.trainer import default_base

    known, aside = parted(train, seed=seed)
    if not (known.queries and aside.queries):
        raise UserError(f"{train.name} has too few questions with an answer to put an eighth of them aside.")
    spec = Spec(
        train=plain(known), dev=plain(aside), base=base or default_base(), rates=rates, epochs=epochs, batch=batch,
        steps=steps, seed=seed,
    )  # fmt: skip
    folder = folder.resolve()
    claim(spec, folder)
    client, page = _client(data_dir, address)
    job = _running(client, folder) or client.submit_job(
        entrypoint=shlex.join([sys.executable, "-m", "serve_app.cli.embeddings.tune_job", str(folder)]),
        entrypoint_num_cpus=0,
        metadata={"nightdesk": "tune", "folder": str(folder)},
    )
    console.print(f"job {job}: {page}/#/jobs/{job}; Ctrl-C leaves it running, the same command takes it up")
    try:
        status = _followed(client, job, folder, spec, console)
    except (OSError, RuntimeError):
        raise UserError(f"Ray at {page} does not answer any more: the same command takes the job up later.") from None
    if status != "SUCCEEDED":
        raise UserError(f"the job {job} ended as {status}: {client.get_job_info(job).message or 'see its log'}")
    report = json.loads((folder / RESULT).read_text(encoding="utf-8"))
    return f"{_served(folder)}: {told(report, len(spec.dev['queries']))}"


def claim(spec: Spec, folder: Path) -> None:
    """Write down what the job is to do. Raises UserError for a folder that is in use otherwise."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / SPEC
    if path.is_file() and path.read_text(encoding="utf-8") != spec.text():
        raise UserError(f"--out {folder} is of a tuning with other data or options: name another folder")
    if not path.is_file() and any(folder.iterdir()):
        raise UserError(f"--out {folder} has other things in it: name a folder that is not there yet")
    path.write_text(spec.text(), encoding="utf-8")


def _running(client: Any, folder: Path) -> str | None:
    """Return the job that tunes in a folder now."""
    own = (job for job in client.list_jobs() if (job.metadata or {}).get("folder") == str(folder))
    return next((str(job.submission_id) for job in own if job.status.value not in DONE), None)


def _served(folder: Path) -> Path:
    """Bring the job's best model into the form that is served, beside the folder, in place of an earlier one."""
    from embeddings.workbench.registry.candidate import served_form

    served = folder.parent / f"{folder.name}-served"
    with tempfile.TemporaryDirectory(prefix=f".{served.name}-", dir=folder.parent) as work:
        made = served_form(str(folder / BEST), Path(work), name=folder.name)
        shutil.rmtree(served, ignore_errors=True)
        served.mkdir()
        return made.rename(served / folder.name)


def _client(data_dir: Path | None, address: str | None) -> tuple[Any, str]:
    """Return a client of a product's Ray, and its dashboard's address."""
    from ray.job_submission import JobSubmissionClient

    headers: dict[str, str] = {}
    if address is None:
        target = find_product(data_dir)
        where = chosen_data_dir(data_dir, load_settings())
        address = run_file.load(where).dashboard_url
        if not address:
            raise NotRunningError("the product is starting and its Ray does not run yet: try again in a moment.")
        token = where.secret_file("ray_token").read_text(encoding="utf-8").strip()
        headers = {"Authorization": f"Bearer {token}"}
        assert target.url
    try:
        return JobSubmissionClient(address, headers=headers), address
    except (ConnectionError, RuntimeError) as error:
        raise UserError(f"Ray does not answer at {address}: {error}") from None


def _followed(client: Any, job: str, folder: Path, spec: Spec, console: Console) -> str:
    """Print what the job prints until it is done, over a bar of its steps; return its status."""
    printed = 0
    with progress_bar(console) as bar:
        task = bar.add_task("steps, if none ends early", total=spec.most_steps)
        while True:
            status = str(client.get_job_status(job).value)
            log = client.get_job_logs(job)
            if len(log) > printed:
                console.print(log[printed:], markup=False, highlight=False, end="")
                printed = len(log)
            bar.update(task, completed=_steps(folder))
            if status in DONE:
                return status
            time.sleep(LOOK_S)


def _steps(folder: Path) -> int:
    """Return how many steps the trials of a folder have measured so far; 0 where it is another machine's."""
    lines = [path.read_text(encoding="utf-8").splitlines() for path in folder.glob(f"{RUNS}/tune/*/result.json")]
    return sum(json.loads(own[-1])["step"] for own in lines if own)
