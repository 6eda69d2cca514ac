"""What `nightdesk embeddings tune` does: an adapter here, and a whole encoder as a job of the running product's Ray."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from serve_app.cli.embeddings.tune_job import BEST, RESULT, Spec, plain
from serve_app.cli.options import chosen_data_dir
from serve_app.cli.target import find_product
from serve_app.cli.workbench_extra import progress_bar
from serve_app.embedded.base import run_file
from serve_app.embedded.base.errors import NotRunningError, UserError
from serve_app.settings.settings import load_settings

if TYPE_CHECKING:
    from embeddings.workbench.sets.retrieval_set import RetrievalSet

LOOK_S = 1.0
DEV_SHARE = 8
"""One of so many training questions is put aside, for trials to be told apart by."""
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
    from embeddings.workbench.registry.candidate import served_form
    from embeddings.workbench.tuning.trainer import default_base

    known, aside = _parted(train)
    spec = Spec(
        train=plain(known), dev=plain(aside), base=base or default_base(), rates=rates, epochs=epochs, batch=batch,
        steps=steps, seed=seed,
    )  # fmt: skip
    folder = folder.resolve()
    spec.write(folder)
    client, page = _client(data_dir, address)
    job = client.submit_job(
        entrypoint=f"{sys.executable} -m serve_app.cli.embeddings.tune_job {folder}",
        entrypoint_num_cpus=0,
        metadata={"nightdesk": "tune"},
    )
    console.print(f"job {job}: {page}/#/jobs/{job}; Ctrl-C leaves it running, the same command takes it up")
    status = _followed(client, job, console)
    if status != "SUCCEEDED":
        raise UserError(f"the job {job} ended as {status}: {client.get_job_info(job).message or 'see its log'}")
    served = folder.parent / f"{folder.name}-served"
    model = served_form(str(folder / BEST), served, name=folder.name)
    return f"{model}: {(folder / RESULT).read_text(encoding='utf-8')}"


def _parted(train: RetrievalSet) -> tuple[RetrievalSet, RetrievalSet]:
    """Return the training questions without every DEV_SHARE-th, and those."""
    rows = [row for row, places in enumerate(train.relevant) if places]
    aside = set(rows[::DEV_SHARE])

    def only(kept: set[int]) -> RetrievalSet:
        places = sorted(kept)
        return replace(
            train,
            queries=tuple(train.queries[row] for row in places),
            relevant=tuple(train.relevant[row] for row in places),
        )

    return only(set(rows) - aside), only(aside)


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


def _followed(client: Any, job: str, console: Console) -> str:
    """Print what the job prints until it is done; return its status."""
    printed = 0
    while True:
        status = str(client.get_job_status(job).value)
        log = client.get_job_logs(job)
        if len(log) > printed:
            console.print(log[printed:], markup=False, highlight=False, end="")
            printed = len(log)
        if status in DONE:
            return status
        time.sleep(LOOK_S)
