"""The cluster under test: KUBECONFIG names one, or ND_CLUSTER and ND_K8S the scripts and the folder of a local one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAMESPACE = "crm-digital-fte"
RELEASE = "nightdesk"
ROOT = Path(__file__).parents[2]
NONE_GIVEN = "no cluster is given: set KUBECONFIG, or ND_CLUSTER and ND_K8S"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """How commands reach it: `enter` goes before each of them."""

    enter: tuple[str, ...] = ()
    scripts: Path | None = field(default=None)

    @staticmethod
    def given(environment: Mapping[str, str] = os.environ) -> Cluster | None:
        """Return the cluster that the environment names."""
        if scripts := environment.get("ND_CLUSTER"):
            return Cluster(enter=(f"{scripts}/in.sh", environment["ND_K8S"]), scripts=Path(scripts))
        return Cluster() if environment.get("KUBECONFIG") else None

    def run(self, *command: str, stdin: str | None = None, within_s: float = 120.0) -> str:
        """Return what a command prints. Raises AssertionError with its errors when it fails."""
        done = subprocess.run(
            [*self.enter, *command], input=stdin, capture_output=True, text=True, timeout=within_s, check=False
        )
        assert done.returncode == 0, f"{' '.join(command)[:200]}: {done.stderr[-2000:]}{done.stdout[-2000:]}"
        return done.stdout

    def kubectl(self, *command: str, stdin: str | None = None, within_s: float = 120.0) -> str:
        """Run kubectl in the release's namespace."""
        return self.run("kubectl", "-n", NAMESPACE, *command, stdin=stdin, within_s=within_s)

    def get(self, *what: str) -> dict[str, Any]:
        """Return what `kubectl get` finds."""
        found: dict[str, Any] = json.loads(self.kubectl("get", *what, "--ignore-not-found", "-o", "json") or "{}")
        return found

    def pods(self, selector: str) -> list[dict[str, Any]]:
        """Return the pods with these labels that are not about to go."""
        found: list[dict[str, Any]] = self.get("pods", "-l", selector)["items"]
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def image(self) -> str:
        """Return the image that the head runs."""
        found: str = self.pods("ray.io/node-type=head")[0]["spec"]["containers"][0]["image"]
        return found

    def helm(self, action: str, values: Mapping[str, Any] | None = None, *, within_s: int = 600) -> dict[str, Any]:
        """Install, upgrade, test or uninstall the release, by the Helm library."""
        request = json.dumps({"action": action, "values": values, "timeout": within_s})
        command = (sys.executable, "-m", "tests.cluster.helm_action")
        printed = self.run(*command, stdin=request, within_s=within_s + 30)
        found: dict[str, Any] = json.loads(printed.splitlines()[-1])
        return found

    def exists(self) -> bool:
        """Whether the release is installed."""
        return bool(self.get("rayservice", RELEASE))

    def service_status(self) -> str:
        """Return what KubeRay says of the RayService: `Running` when every deployment is healthy."""
        conditions = self.get("rayservice", RELEASE).get("status", {}).get("conditions", [])
        ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
        upgrading = any(one["type"] == "UpgradeInProgress" and one["status"] == "True" for one in conditions)
        return "Upgrading" if upgrading else "Running" if ready else "Starting"

    def active_ray_cluster(self) -> str:
        """Return the name of the Ray cluster that the Service leads to."""
        status = self.get("rayservice", RELEASE).get("status", {})
        return str(status.get("activeServiceStatus", {}).get("rayClusterName", ""))
