"""The chart of `kuberay/`, rendered once for each value set of `kuberay/ci`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import helm_python as helm
import yaml

Resource: TypeAlias = dict[str, Any]
CHART = Path(__file__).parents[3] / "kuberay"
VALUE_SETS = tuple(sorted(path.stem for path in (CHART / "ci").glob("*.yaml")))


def values(name: str) -> dict[str, Any]:
    """Return the values of `kuberay/ci/<name>.yaml`."""
    found: dict[str, Any] = yaml.safe_load((CHART / "ci" / f"{name}.yaml").read_text())
    return found


def render(given: Mapping[str, Any]) -> dict[str, str]:
    """Render the chart as `helm install nightdesk -n crm-digital-fte` would. Raises helm's errors."""
    with helm.Chart.load(CHART) as chart:
        return dict(chart.render(dict(given), name="nightdesk", namespace="crm-digital-fte"))


@cache
def resources(name: str) -> tuple[Resource, ...]:
    """Return every resource that a value set renders."""
    files = render(values(name))
    return tuple(one for path in sorted(files) if path.endswith(".yaml") for one in documents(files[path]))


def find(name: str, kind: str, suffix: str = "") -> Resource:
    """Return the resource of a kind whose name ends with `suffix`."""
    return next(one for one in resources(name) if one["kind"] == kind and one["metadata"]["name"].endswith(suffix))


def pod_specs(found: tuple[Resource, ...]) -> Iterator[tuple[str, Resource]]:
    """Yield every pod's specification with the name of what it belongs to."""
    for owner, pod in _pods(found):
        yield owner, pod["spec"]


def pods(found: tuple[Resource, ...]) -> Iterator[Resource]:
    """Yield every pod, or the template that pods are made of."""
    return (pod for _, pod in _pods(found))


def _pods(found: tuple[Resource, ...]) -> Iterator[tuple[str, Resource]]:
    for one in found:
        name = f"{one['kind']} {one['metadata']['name']}"
        if one["kind"] == "Pod":
            yield name, one
        elif one["kind"] in ("Job", "StatefulSet"):
            yield name, one["spec"]["template"]
        elif one["kind"] == "RayService":
            cluster = one["spec"]["rayClusterConfig"]
            yield f"{name} head", cluster["headGroupSpec"]["template"]
            for group in cluster["workerGroupSpecs"]:
                yield f"{name} {group['groupName']}", group["template"]


def serve_config(name: str) -> Resource:
    """Return `serveConfigV2` of a value set."""
    found: Resource = yaml.safe_load(find(name, "RayService")["spec"]["serveConfigV2"])
    return found


def documents(text: str) -> Iterator[Resource]:
    """Yield what stands in a file of several documents."""
    return (one for one in yaml.safe_load_all(text) if one)
