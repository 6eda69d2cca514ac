"""One action of Helm's library: a request as JSON on stdin, what became of it as JSON on the last line."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import helm_python as helm

from tests.cluster.cluster import NAMESPACE, RELEASE, ROOT


def act(action: str, values: dict[str, Any] | None, timeout: int) -> dict[str, Any]:
    """Do it and return Helm's answer. Raises helm's errors."""
    config = helm.Config(namespace=NAMESPACE)
    with tempfile.TemporaryDirectory() as folder:
        return _act(config, action, str(_chart(Path(folder))), values, timeout)


def _chart(folder: Path) -> Path:
    """Return the chart with the chart of KubeRay's operator in it, which Helm demands even where it is not enabled.

    ND_K8S has KubeRay's source; elsewhere `helm dependency build kuberay` has fetched it.
    """
    if not (rig := os.environ.get("ND_K8S")):
        return ROOT / "kuberay"
    chart = Path(shutil.copytree(ROOT / "kuberay", folder / "kuberay"))
    operator = Path(rig) / "src" / "kuberay" / "helm-chart" / "kuberay-operator"
    shutil.copytree(operator, chart / "charts" / "kuberay-operator")
    return chart


def _act(config: helm.Config, action: str, chart: str, values: dict[str, Any] | None, timeout: int) -> dict[str, Any]:
    match action:
        case "install":
            return config.install(chart, RELEASE, values, namespace=NAMESPACE, timeout=timeout, wait="hookOnly")
        case "upgrade":
            return config.upgrade(chart, RELEASE, values, namespace=NAMESPACE, timeout=timeout, wait="hookOnly")
        case "test":
            return config.test(RELEASE, timeout=timeout, logs=True)
        case "uninstall":
            return config.uninstall(RELEASE, timeout=timeout, ignore_not_found=True)
        case _:
            raise ValueError(action)


if __name__ == "__main__":
    request = json.load(sys.stdin)
    try:
        print(json.dumps(act(request["action"], request["values"], request["timeout"]), default=str))
    except helm.HelmError as error:
        sys.exit(f"error: {error}")
