"""The graph as a part: the child process that deploys it on Ray and watches it."""

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
from serve_app.settings.grace import LONGEST_S

START_SECONDS = 300.0  # a crowded machine takes ten times as long as a quiet one
DRAIN_SECONDS = LONGEST_S + 5.0
"""What the nodes declare, and Serve's own work. Mostly a stop takes a few seconds."""
PROBE_SECONDS = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """The addresses that the child connects to; `settings`: others, by variable, that are only known at the start."""

    ray: str
    database_url: str
    kafka_bootstrap_servers: str
    settings: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, str]:
        """Return `ray` and settings by the fields of Settings, as the child reads them."""
        known = {"database_url": self.database_url, "kafka_bootstrap_servers": self.kafka_bootstrap_servers}
        return {"ray": self.ray, **known, **{name.lower(): value for name, value in self.settings.items()}}


class Graph:
    """One `python -m serve_app.embedded.children.run_graph`. Up means that `/health/live` answers 200.

    The child is started early (`warm`), so that it imports the product while Ray starts. `endpoints` is called at each
    start, because Ray may have got another port. Every method may be called again.
    """

    name = "graph"

    def __init__(
        self,
        data_dir: DataDir,
        *,
        host: str,
        port: int,
        environment: Callable[[], Mapping[str, str]],
        endpoints: Callable[[], Endpoints],
        graph: str = GRAPH,
    ) -> None:
        self._data_dir = data_dir
        self._host = host
        self.port = port
        self._environment = environment
        self._endpoints = endpoints
        self._is_warm = False
        self._graph = graph
        self._process = PartProcess(self.name, record_path=data_dir.record(self.name), log=data_dir.log(self.name))

    @property
    def pid(self) -> int | None:
        """The id of the child while it lives; the nodes are processes of Ray."""
        return self._process.pid

    @property
    def url(self) -> str:
        """The product's address for a browser on this machine."""
        host = ports.LOOPBACK if self._host in ("0.0.0.0", "::", "") else self._host  # noqa: S104 - read, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def warm(self) -> None:
        """Start the child, which imports the product and waits for `start`."""
        self._process.stop(grace=1.0)
        for file in (self._endpoints_file, self._watching_file):
            file.unlink(missing_ok=True)
        self._process.spawn(self._command(), env=self._environment(), cwd=self._data_dir.path)
        self._is_warm = True

    def start(self) -> None:
        """Deploy the graph (unless only the child was killed) and wait until it is live. Raises StartError."""
        if not (self._is_warm and self._process.is_alive()):
            self.warm()
        self._is_warm = False
        write_private(self._endpoints_file, json.dumps(self._endpoints().as_json()))
        deadline = time.monotonic() + START_SECONDS
        while not (self._watching_file.exists() and self.is_live()):
            if not self._process.is_alive():
                raise StartError(f"the product ended while starting: {self._reason()} (see {self._process.log})")
            if time.monotonic() > deadline:
                raise StartError(f"the product is not live after {START_SECONDS:.0f} s: see {self._process.log}")
            time.sleep(PROBE_SECONDS)

    def stop(self, *, grace: float = DRAIN_SECONDS) -> bool:
        """Drain: no new work; what is in flight is finished or handed back. True when the child ran."""
        return self._process.stop(grace=grace)

    def cut(self) -> None:
        """End a `stop` that waits for what is in flight."""
        self._process.cut()

    def retire(self) -> None:
        """Forbid every further start, also one that has begun in another thread."""
        self._process.retire()

    def is_alive(self) -> bool:
        """Whether the child runs; see `is_live` for the product."""
        return self._process.is_alive()

    def is_live(self) -> bool:
        """Whether GET /health/live answers 200."""
        return answers_200(f"{self.url}/health/live")

    def is_ready(self) -> bool:
        """Whether GET /health/ready answers 200."""
        return answers_200(f"{self.url}/health/ready")

    @property
    def _watching_file(self) -> Path:
        """The child creates it once the graph is deployed and SIGTERM would drain it."""
        return self._data_dir.run / "graph.watching"

    @property
    def _endpoints_file(self) -> Path:
        """We create it once Ray, database and broker run; it contains the Endpoints."""
        return self._data_dir.run / "graph.endpoints"

    def _command(self) -> list[str]:
        options = ["--host", self._host, "--port", str(self.port), "--graph", self._graph]
        files = ["--endpoints-file", str(self._endpoints_file), "--watching-file", str(self._watching_file)]
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
