"""The cluster under test, and what is installed there. CONTRIBUTING.md says what the variables mean that name it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

NAMESPACE = "crm-digital-fte"
RELEASE = "nightdesk"
ROOT = Path(__file__).parents[2]
IMAGES = ("nightdesk:dev", "nightdesk:next", "nightdesk-postgres:dev", "nightdesk-kafka:dev", "nightdesk-redis:dev")
NONE_GIVEN = (
    "no cluster is given: set KUBECONFIG (a cluster with KubeRay's operator and the images of `make cluster-images`), "
    "or ND_CLUSTER and ND_K8S (a local one's scripts and folder); CONTRIBUTING.md says more"
)


def release_values() -> dict[str, Any]:
    """Return the values of the release: `kuberay/ci/small.yaml`, and who is beside it."""
    small: dict[str, Any] = yaml.safe_load((ROOT / "kuberay" / "ci" / "small.yaml").read_text())
    beside: dict[str, Any] = yaml.safe_load((ROOT / "tests" / "cluster" / "values.yaml").read_text())
    return small | beside


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """How commands reach it: `enter` goes before each of them. `load` and an image's name bring it to the nodes."""

    enter: tuple[str, ...] = ()
    load: tuple[str, ...] = ()

    @staticmethod
    def given(environment: Mapping[str, str] = os.environ) -> Cluster | None:
        """Return the cluster that the environment names."""
        scripts, folder = environment.get("ND_CLUSTER"), environment.get("ND_K8S")
        if scripts and folder:
            return Cluster(enter=(f"{scripts}/in.sh", folder), load=(f"{scripts}/load.sh",))
        if not environment.get("KUBECONFIG"):
            return None
        return Cluster(load=tuple(shlex.split(environment.get("ND_LOAD", ""))))

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
