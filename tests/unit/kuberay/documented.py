"""What `docker`, `helm` and `kubectl` commands of the documents may name: options, services, values, objects.

Helm and kubectl need not be here, so the options of theirs that the documents use are listed; Compose tells its own.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import yaml

from serve_app.scaling import table
from tests.unit.kuberay.charts import CHART, VALUE_SETS, Resource, pods, resources

ROOT = CHART.parent
COMPOSE = ROOT / ".venv" / "bin" / "docker-compose"
NAMESPACES = {"crm-digital-fte", "kuberay-operator", "default", "…"}
HELM = {
    "install": "-n= -f= --set= --version= --create-namespace",
    "upgrade": "-n= -f= --set= --version= --force-conflicts",
    "test": "-n=",
    "rollback": "-n=",
    "uninstall": "-n=",
    "repo add": "",
    "dependency build": "",
}
KUBECTL = {
    "get": "-n= -o= -l= -w",
    "create": "-n= --from-literal= --from-file=",
    "patch": "-n= --type= -p=",
    "edit": "-n=",
    "delete": "-n= -l=",
    "describe": "-n= -l=",
    "logs": "-n= -c= -l=",
    "exec": "-n= -c= -it",
    "port-forward": "-n=",
}
DOCKER = {
    "build": "-t= --target= --build-arg= --network=",
    "push": "",
    "volume rm": "",
}
# What no chart renders: Kubernetes' own, and what operators make of what is rendered.
MADE = {"pod", "service", "secret", "configmap", "namespace", "pvc", "endpointslice", "raycluster", "certificate"}
OPERATORS_CONTAINERS = {"autoscaler"}


class Call(NamedTuple):
    """A command's arguments without its options, and its options with their values."""

    arguments: list[str]
    options: list[tuple[str, str]]

    def values(self, name: str) -> list[str]:
        """Return what an option was given, each time."""
        return [value for option, value in self.options if option == name]


def call(words: Sequence[str], takes: str, *, whole: bool = True) -> Call:
    """Sort out words by the options that a command takes (`-n=`: with a value). Up to `--`, or the first argument."""
    known = set(takes.split())
    arguments: list[str] = []
    options: list[tuple[str, str]] = []
    rest = list(words)
    while rest and rest[0] not in ("--", ">", "<"):
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            arguments.append(word)
            if not whole:
                return Call([*arguments, *rest], options)
        elif f"{name}=" in known:
            options.append((name, value if equals else rest.pop(0)))
        else:
            assert word in known, f"no option {word}: {' '.join(words)}"
            options.append((word, ""))
    return Call(arguments, options)


def subcommand(words: list[str], known: Sequence[str]) -> tuple[str, list[str]]:
    """Return a program's subcommand, of one word or two, and what follows it. Options may stand before it."""
    before = words[:2] if words[:1] == ["-n"] else []
    after = words[len(before) :]
    found = next((one for one in known if after[: len(one.split())] == one.split()), None)
    assert found, f"no command {' '.join(words)}"
    return found, [*before, *after[len(found.split()) :]]


@cache
def composed() -> Any:
    """Return compose.yaml."""
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


@cache
def compose_options(command: str = "") -> str:
    """Return the options of one of Compose's commands, as its help lists them."""
    asked = subprocess.run(
        [COMPOSE, *command.split(), "--help"], capture_output=True, text=True, timeout=60, check=False
    )
    assert asked.returncode == 0, asked.stderr
    found = re.findall(r"^\s+(?:(-\w), )?(--[\w-]+)( \w+)?(?:\s{2,}|$)", asked.stdout, re.MULTILINE)
    assert found, f"no command docker compose {command}"
    return " ".join(f"{name}{'=' * bool(value)}" for *names, value in found for name in names if name)


@cache
def schema() -> Any:
    """Return the schema of the chart's values."""
    return json.loads((CHART / "values.schema.json").read_text())


def is_value(key: str) -> bool:
    """Whether the chart has such a value; `<node>` and `*` stand for any."""
    here = [schema()]
    for part in key.split("."):
        here = [inner for one in here for inner in _inner(one, part)]
    return bool(here)


def _inner(place: Any, part: str) -> Iterator[Any]:
    if "$ref" in place:
        place = schema()["$defs"][place["$ref"].split("/")[-1]]
    own = place.get("properties", {})
    if part.startswith(("<", "*")):
        yield from own.values()
    elif part in own:
        yield own[part]
    elif place.get("additionalProperties", True) and not own:
        names = place.get("propertyNames", {}).get("pattern", "")
        yield from [{}] * bool(re.match(names, part))


@cache
def objects() -> set[tuple[str, str]]:
    """Return the kinds and names of what the chart and KubeRay make, whatever the values."""
    found = {(one["kind"].lower(), one["metadata"]["name"]) for name in VALUE_SETS for one in resources(name)}
    for one in (one for name in VALUE_SETS for one in resources(name)):
        found |= set(_made_of(one))
    return found


def _made_of(one: Resource) -> Iterator[tuple[str, str]]:
    name = one["metadata"]["name"]
    if one["kind"] == "RayService":
        yield (
            "service",
            one["spec"]["rayClusterConfig"].get("serveService", one["spec"]["serveService"])["metadata"]["name"],
        )
        yield "service", f"{name}-head-svc"
    for claim in one["spec"].get("volumeClaimTemplates", []) if one["kind"] == "StatefulSet" else []:
        yield "pvc", f"{claim['metadata']['name']}-{name}-0"


@cache
def labels() -> set[str]:
    """Return the labels that pods of the chart have."""
    return {key for name in VALUE_SETS for pod in pods(resources(name)) for key in pod.get("metadata", {})["labels"]}


@cache
def containers() -> set[str]:
    """Return the names of containers in pods of the chart."""
    every = (pod["spec"]["containers"] for name in VALUE_SETS for pod in pods(resources(name)))
    return {one["name"] for inside in every for one in inside} | OPERATORS_CONTAINERS


NODES = {"head", "all", *table.NAMES}
