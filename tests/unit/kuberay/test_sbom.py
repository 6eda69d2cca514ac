"""`make sbom` writes down the Python packages that the image has, no more and no fewer (S3)."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest

from tests.unit.kuberay.charts import CHART

ROOT = CHART.parent
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", re.MULTILINE)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What make's own recipe writes, into a folder of this test's."""
    folder = tmp_path_factory.mktemp("sbom")
    (folder / "bin").symlink_to(ROOT / ".venv" / "bin")
    target = folder / "sbom" / "product.json"
    command = ["make", f"VENV={folder}", f"--old-file={folder}/.dev", str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(target.read_text())
    return found


def test_s3_it_names_what_the_lock_file_has_but_for_what_the_dockerfile_takes_out(written: dict[str, Any]) -> None:
    locked = dict(PINNED.findall((ROOT / "requirements.lock").read_text()))
    taken_out = re.findall(r"uv pip uninstall (.*)", (ROOT / "Dockerfile").read_text())[0].split()
    assert taken_out
    assert locked.keys() >= set(taken_out)
    kept = {name: version for name, version in locked.items() if name not in taken_out}
    assert {one["name"]: one["version"] for one in written["components"]} == kept


def test_s3_every_package_has_its_hashes(written: dict[str, Any]) -> None:
    assert [one["name"] for one in written["components"] if not _hashes(one)] == []


def test_s3_nothing_of_pytorch_is_served(written: dict[str, Any]) -> None:
    assert not {one["name"] for one in written["components"]} & {"torch", "sentence-transformers", "datasets"}


def _hashes(component: dict[str, Any]) -> list[str]:
    return [one["content"] for place in component.get("externalReferences", []) for one in place.get("hashes", [])]
