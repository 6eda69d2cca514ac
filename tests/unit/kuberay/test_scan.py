"""A security scan (checkov) of everything that the chart installs, and of the Dockerfile (S2).

Its rules have no severities without an account, so every finding counts, but those accepted here with a reason.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.kuberay.charts import CHART, VALUE_SETS, Resource, pod_specs, resources

ROOT = CHART.parent
SCANNER = ROOT / ".venv" / "scanner" / "bin" / "checkov"
NAMESPACE = "crm-digital-fte"
ACCEPTED = {
    "CKV_K8S_8": "live probes: jobs end by themselves, and KubeRay writes those of Ray's pods",
    "CKV_K8S_9": "ready probes: likewise",
    "CKV_K8S_15": "images are pulled when they are not there: tags are never moved",
    "CKV_K8S_35": "settings are variables, the secret ones by reference to a Secret",
    "CKV_K8S_38": "the head's token of Kubernetes: the autoscaler asks for pods with it",
    "CKV_K8S_40": "user 1000 is the image's own; nothing of the host is mounted",
    "CKV_K8S_43": "an image by its digest: yours to name in `image.tag`",
    "CKV_DOCKER_2": "HEALTHCHECK: compose.yaml and the chart have probes; the image has three uses",
    "CKV_DOCKER_7": "the base is a build argument, with a version by default",
}

pytestmark = pytest.mark.skipif(not SCANNER.exists(), reason="the scanner is not here: `make scan` installs it")


def test_s2_the_scan_finds_nothing_but_what_is_accepted(tmp_path: Path) -> None:
    for name in VALUE_SETS:
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump_all(_installed(name)))
    (tmp_path / "Dockerfile").write_text((ROOT / "Dockerfile").read_text())
    found = _findings(tmp_path, "kubernetes", "dockerfile")
    assert {name: where for name, where in found.items() if name not in ACCEPTED} == {}
    assert ACCEPTED.keys() - found.keys() == set()


def test_a_container_that_may_do_everything_is_found(tmp_path: Path) -> None:
    pod = next(one for one in _installed("small") if one["kind"] == "Pod")
    pod["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(pod))
    assert {"CKV_K8S_16", "CKV_K8S_20", "CKV_K8S_22", "CKV_K8S_37"} <= _findings(tmp_path, "kubernetes").keys()


def _installed(name: str) -> list[Resource]:
    """Return a value set's resources in their namespace, and the pods within resources that the scanner can't read."""
    found: list[Resource] = [
        {**one, "metadata": {**one["metadata"], "namespace": NAMESPACE}} for one in resources(name)
    ]
    return found + [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": owner.split("/")[-1].replace(" ", "-").lower(), "namespace": NAMESPACE},
            "spec": json.loads(json.dumps(spec)),
        }
        for owner, spec in pod_specs(resources(name))
        if owner.startswith("RayService")
    ]


def _findings(folder: Path, *frameworks: str) -> dict[str, list[str]]:
    """Return what the scanner finds: by the rule, which resource of which file."""
    command = [str(SCANNER), "-d", str(folder), "--framework", *frameworks, "--skip-download", "-o", "json", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    reports: Any = json.loads(done.stdout)
    found: dict[str, list[str]] = {}
    for report in reports if isinstance(reports, list) else [reports]:
        for one in report["results"]["failed_checks"]:
            found.setdefault(one["check_id"], []).append(f"{one['file_path']} {one['resource']}: {one['check_name']}")
    return found
