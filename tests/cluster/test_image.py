"""The serving image as `make cluster-images` has built it: how large it is, what is in it and who runs it (S3)."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import Any

import pytest

from tests.cluster.cluster import IMAGES, ROOT

IMAGE = IMAGES[0]
LARGEST_BYTES = 1_200_000_000
SBOM = ROOT / ".venv" / "sbom" / "product.json"
INSTALLED = "import importlib.metadata as m, json; print(json.dumps([one.name for one in m.distributions()]))"
NO_ENGINE = "no Docker engine answers: start one, or set DOCKER_HOST"


@pytest.fixture(scope="module")
def image() -> dict[str, Any]:
    """What the engine says of the image; without an engine, or without the image there, the tests are skipped."""
    if shutil.which("docker") is None or _docker("version").returncode != 0:
        pytest.skip(NO_ENGINE)
    asked = _docker("image", "inspect", IMAGE)
    if asked.returncode != 0:
        pytest.skip(f"{IMAGE} is not built: `make cluster-images`")
    found: dict[str, Any] = json.loads(asked.stdout)[0]
    return found


def test_s3_the_serving_image_is_at_most_1_2_gb(image: dict[str, Any]) -> None:
    print(f"{image['Size'] / 1e9:.2f} GB")
    assert image["Size"] <= LARGEST_BYTES


def test_s3_the_image_runs_as_nobody_special(image: dict[str, Any]) -> None:
    assert image["Config"]["User"] == "1000:1000"


@pytest.mark.usefixtures("image")
def test_s3_the_packages_are_those_of_the_sbom() -> None:
    """And the product's own, which the document is about."""
    done = _docker("run", "--rm", "--network=none", "--read-only", IMAGE, "python", "-c", INSTALLED)
    assert done.returncode == 0, done.stderr
    listed = {one["name"] for one in json.loads(SBOM.read_text())["components"]}
    assert set(map(_normal, json.loads(done.stdout))) == {*map(_normal, listed), "nightdesk"}


@pytest.mark.usefixtures("image")
def test_s3_no_compiler_is_in_it() -> None:
    done = _docker("run", "--rm", "--network=none", IMAGE, "bash", "-c", "command -v gcc cc c++ make; true")
    assert (done.returncode, done.stdout) == (0, "")


def _docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=120, check=False)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
