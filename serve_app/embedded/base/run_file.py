"""`run.json`: addresses, parts and decision settings of the running product, for other commands.

The supervisor writes it; only its user can read it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.errors import NotRunningError
from serve_app.embedded.base.files import write_private
from serve_app.embedded.base.processes import ProcessRecord, read_record

State = Literal["waiting", "starting", "up", "restarting", "failed", "stopping", "down"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartStatus:
    """One supervised part. `since`: when it entered `state` (ISO 8601, UTC); `detail`: the reason."""

    name: str
    state: State
    since: str
    pid: int | None = None
    port: int | None = None
    restarts: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFile:
    """The running product. Addresses of parts that have not started yet are empty; `ready`: it has been ready once.

    `demo_channels_url` is the page of the stand-ins, empty without them. `settings` is the snapshot of
    serve_app.settings.decision_settings, secrets included; None: an older version wrote the file.
    """

    supervisor: ProcessRecord
    data_dir: str
    started_at: str
    url: str
    ready: bool = False
    operator_token: str = ""
    dashboard_url: str = ""
    database_url: str = ""
    kafka_bootstrap_servers: str = ""
    demo_channels_url: str = ""
    settings: Mapping[str, Any] | None = field(default=None, repr=False)
    parts: tuple[PartStatus, ...] = ()

    @property
    def state(self) -> State:
        """`up` when every part is, else the state of the first part that is not."""
        return next((part.state for part in self.parts if part.state != "up"), "up")


def save(data_dir: DataDir, run: RunFile) -> None:
    """Write the file (0600), atomically. Raises OSError."""
    write_private(data_dir.run_file, json.dumps(asdict(run), indent=1))


def read(data_dir: DataDir) -> RunFile | None:
    """The file as the last supervisor wrote it, running or not; None when there is none, or it can't be parsed."""
    try:
        fields = json.loads(data_dir.run_file.read_text())
        supervisor = ProcessRecord(**fields.pop("supervisor"))
        parts = tuple(PartStatus(**part) for part in fields.pop("parts"))
        return RunFile(supervisor=supervisor, parts=parts, **fields)
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError, KeyError):
        return None


def load(data_dir: DataDir) -> RunFile:
    """The file of the running product. Raises NotRunningError (exit 3) when no supervisor runs."""
    try:
        run = read(data_dir)
    except PermissionError:
        raise NotRunningError(f"{data_dir.run_file} belongs to another user: run as that user.") from None
    if run is not None and run.supervisor.is_alive():
        return run
    records = [read_record(data_dir.record(part.name)) for part in run.parts] if run is not None else []
    if any(record is not None and record.is_alive() for record in records):
        raise NotRunningError(
            f"the supervisor on {data_dir.path} is gone and left parts running: `nightdesk up` starts afresh with all "
            "data, `nightdesk down` stops them."
        )
    raise NotRunningError(f"nothing runs on {data_dir.path}: start it with `nightdesk up`.")
