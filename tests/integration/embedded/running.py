"""`nightdesk` from outside, with a graph of one node in the product's place."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

GRAPH = "tests.integration.embedded.channels_graph:graph"
PROJECT = Path(__file__).parents[3]


class Running:
    """One data directory and the commands on it."""

    def __init__(self, data_dir: Path, *, port: int, dashboard_port: int) -> None:
        self.data_dir = data_dir
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.start_options = ["--port", str(port), "--dashboard-port", str(dashboard_port), "--graph", GRAPH]

    def command(self, *arguments: str) -> list[str]:
        """The command line of `nightdesk ARGUMENTS` on this directory."""
        return [sys.executable, "-m", "serve_app.cli.main", *arguments, "--data-dir", str(self.data_dir)]

    def run(self, *arguments: str, timeout: float = 900) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self.command(*arguments), cwd=PROJECT, capture_output=True, text=True, timeout=timeout, check=False
        )

    def up(self) -> subprocess.CompletedProcess[str]:
        """`nightdesk up --demo-channels --detach`."""
        return self.run("up", "--demo-channels", "--detach", *self.start_options)

    def status(self) -> dict[str, Any]:
        """`nightdesk status --json`."""
        report: dict[str, Any] = json.loads(self.run("status", "--json").stdout)
        return report

    def parts(self) -> dict[str, dict[str, Any]]:
        """What the run file says of each part."""
        run = json.loads((self.data_dir / "run.json").read_text())
        return {part["name"]: part for part in run["parts"]}

    def kill(self, pid: int) -> None:
        """`kill -9`."""
        os.kill(pid, signal.SIGKILL)

    def supervisor_pid(self) -> int:
        """The process id of the supervisor."""
        return int(json.loads((self.data_dir / "run.json").read_text())["supervisor"]["pid"])

    def is_live(self) -> bool:
        """Whether the graph answers."""
        try:
            return httpx.get(f"{self.url}/health/live", timeout=60, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def built_from(self) -> dict[str, Any]:
        """What the graph was built from."""
        answer: dict[str, Any] = httpx.get(f"{self.url}/health", timeout=60, trust_env=False).json()
        return answer

    def log_ends(self) -> str:
        """The end of every log, for a failed assertion."""
        logs = sorted((self.data_dir / "logs").glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-1500:]}" for log in logs)
