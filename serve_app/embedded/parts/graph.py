"""The product itself: the child process that puts the graph on Ray and stays with it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from serve_app.embedded.base import ports
from serve_app.embedded.base.data_dir import DataDir
from serve_app.embedded.base.errors import StartError
from serve_app.embedded.base.files import write_private
from serve_app.embedded.base.http_probe import answers_200
from serve_app.embedded.base.processes import PartProcess
from serve_app.embedded.base.start_options import GRAPH

START_SECONDS = 300.0  # a crowded machine takes ten times as long as a quiet one
DRAIN_SECONDS = 7.0
PROBE_SECONDS = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the child finds what it stands on; `settings` are others that are known only then, by variable."""

    ray: str
    database_url: str
    kafka_bootstrap_servers: str
    settings: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, str]:
        """What the child reads: `ray`, and settings by their names."""
        known = {"database_url": self.database_url, "kafka_bootstrap_servers": self.kafka_bootstrap_servers}
        return {"ray": self.ray, **known, **{name.lower(): value for name, value in self.settings.items()}}


class Graph:
    """One `python -m serve_app.embedded.children.run_graph`. Up means that `/health/live` answers 200.

    The child is started early (`warm`): importing the product takes seconds that Ray needs as well. `places` says where
    Ray, the database and the broker are; it is asked at each start, for Ray may come back elsewhere.
    Every method may be called again.
    """

    name = "graph"

    def __init__(
        self,
        data_dir: DataDir,
        *,
        host: str,
        port: int,
        environment: Callable[[], Mapping[str, str]],
        places: Callable[[], Places],
        graph: str = GRAPH,
    ) -> None:
        self._data_dir = data_dir
        self._host = host
        self.port = port
        self._environment = environment
        self._places = places
        self._is_warm = False
        self._graph = graph
        self._process = PartProcess(self.name, record_path=data_dir.record(self.name), log=data_dir.log(self.name))

    @property
    def pid(self) -> int | None:
        """The id of the process that watches over the graph; the nodes are Ray's."""
        return self._process.pid

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the product."""
        host = ports.LOOPBACK if self._host in ("0.0.0.0", "::", "") else self._host  # noqa: S104 - read, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def warm(self) -> None:
        """Start the child, which imports the product and then waits for `start`."""
        self._process.stop(grace=1.0)
        for file in (self._places_file, self._watching):
            file.unlink(missing_ok=True)
        self._process.spawn(self._command(), env=self._environment(), cwd=self._data_dir.path)
        self._is_warm = True

    def start(self) -> None:
        """Deploy, or find the graph deployed (its watcher was killed), and wait until it is live. Raises StartError."""
        if not (self._is_warm and self._process.is_alive()):
            self.warm()
        self._is_warm = False
        write_private(self._places_file, json.dumps(self._places().as_json()))
        deadline = time.monotonic() + START_SECONDS
        while not (self._watching.exists() and self.is_live()):
            if not self._process.is_alive():
                raise StartError(f"the product ended while starting: {self._reason()} (see {self._process.log})")
            if time.monotonic() > deadline:
                raise StartError(f"the product is not live after {START_SECONDS:.0f} s: see {self._process.log}")
            time.sleep(PROBE_SECONDS)

    def stop(self, *, grace: float = DRAIN_SECONDS) -> bool:
        """Drain: no new work, what is in flight finishes or is handed back. True when it ran."""
        return self._process.stop(grace=grace)

    def retire(self) -> None:
        """Never start again, not even from a start that is under way."""
        self._process.retire()

    def is_alive(self) -> bool:
        """Whether the watching process runs; see `is_live` for the product."""
        return self._process.is_alive()

    def is_live(self) -> bool:
        """Whether the product answers."""
        return answers_200(f"{self.url}/health/live")

    def is_ready(self) -> bool:
        """Whether the product takes work."""
        return answers_200(f"{self.url}/health/ready")

    @property
    def _watching(self) -> Path:
        """The child's word that it has deployed and would drain on SIGTERM."""
        return self._data_dir.run / "graph.watching"

    @property
    def _places_file(self) -> Path:
        """Our word that everything is there, and where."""
        return self._data_dir.run / "graph.places"

    def _command(self) -> list[str]:
        options = ["--host", self._host, "--port", str(self.port), "--graph", self._graph]
        files = ["--places-file", str(self._places_file), "--watching-file", str(self._watching)]
        return [
            sys.executable,
            "-m",
            "serve_app.embedded.children.run_graph",
            "--data-dir",
            str(self._data_dir.path),
            *files,
            *options,
        ]

    def _reason(self) -> str:
        lines = self._process.log.read_text(errors="replace")[-8000:].splitlines()
        errors = [line for line in lines if line.startswith("error: ")]
        last = next((line for line in reversed(lines) if line.strip()), "no output")
        return (errors[-1].removeprefix("error: ") if errors else last)[:300]
