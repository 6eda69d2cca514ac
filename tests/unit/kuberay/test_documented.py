"""`docker`, `helm` and `kubectl` commands of the documents name what there is; tests/cluster runs their like (X3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from serve_app.settings.settings import Settings
from tests.unit.kuberay import documented
from tests.unit.kuberay.charts import CHART, render
from tests.unit.kuberay.documented import Call, call, subcommand
from tests.unit.test_documented_commands import FENCE, PAGES, SPAN, check_ours, commands, parts

ROOT = CHART.parent
NAMESPACE = "crm-digital-fte"
GUIDE = (ROOT / "docs" / "deployment.md").read_text()
KEY = re.compile(r"^[a-z][A-Za-z-]*(?:\.(?:[A-Za-z_-]+|<\w+>|\*))+$")
OPERATORS_LABELS = ("ray.io/", "kubernetes.io/", "strimzi.io/")
EVERY_SERVICE = {"up", "stop", "start", "restart", "rm", "logs", "build", "ps", "pull"}


def calls(line: str) -> Iterator[list[str]]:
    """Yield the words of each program that a line calls, those within `$( … )` too."""
    line = re.sub(r"<[a-z][^>]*>", "…", line)
    for inner in re.findall(r"\$\(([^)]*)\)", line):
        yield from parts(inner)
    yield from parts(line)


def check(line: str) -> None:
    """Raise AssertionError for what a command names and is not there; a program or its command alone names nothing."""
    for words in calls(line):
        if len(words) > 2 and words[1:] != ["-n", NAMESPACE]:
            _check(words[0], words[1:])


def _check(program: str, rest: list[str]) -> None:
    if program == "docker" and rest[0] == "compose":
        _compose(rest[1:])
    elif program == "docker":
        _docker(*subcommand(rest, list(documented.DOCKER)))
    elif program == "helm":
        _helm(*subcommand(rest, list(documented.HELM)))
    elif program in ("kubectl", "N"):
        _kubectl(*subcommand(rest, list(documented.KUBECTL)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_x3_what_a_command_names_is_there(page: Path) -> None:
    for written in commands(page):
        check(written.line)


def test_the_documents_have_such_commands() -> None:
    found = [words for page in PAGES for one in commands(page) for words in calls(one.line)]
    for program, at_least in {"docker": 20, "helm": 10, "kubectl": 10, "N": 10}.items():
        assert sum(words[0] == program for words in found) >= at_least, program


@pytest.mark.parametrize(
    "line",
    [
        "docker compose up --detatch",
        "docker compose stop ap",
        "docker compose --profile watching up --detach",
        "docker compose exec ap nightdesk demo",
        "docker compose exec app nightdesk demoo",
        "docker compose cp apps:/var/lib .",
        "docker build --target workbenches -t x .",
        "docker volume rm nightdesk_kafkas",
        "helm install nightdesk kuberay -f nowhere.yaml",
        "helm install nightdesk kuberay --setting a=b",
        "helm upgrade nightdesk kuberay --set image.tags=1",
        "helm upgrade nightdesk chart",
        "helm uninstal nightdesk -n crm-digital-fte",
        "kubectl -n elsewhere get pods",
        "N get rayservice nightdesks",
        "N get rayservices,pods,podz",
        "N delete pvc/data-nightdesk-redis",
        "N get pods -l nightdesk/node=agents",
        "N get pods -l nightdesk/nodes=agent",
        "N logs … -c ray-workers",
        "N exec $(N get podz -o name) -- nightdesk dlq list",
        "N exec … -c ray-head -- nightdesk dlq lisst",
        "N get pods --wacth",
    ],
)
def test_what_is_not_there_is_found(line: str) -> None:
    with pytest.raises(AssertionError):
        check(line)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_x3_values_that_the_documents_name_are_the_charts(page: Path) -> None:
    top = documented.schema()["properties"]
    for span in SPAN.findall(FENCE.sub("", page.read_text())):
        if KEY.match(span) and (steps := span.split("."))[0] in top and steps[-1] != "toml":
            assert documented.is_value(span), f"{page.name}: the chart has no value {span}"
            assert steps[0] != "config" or steps[1].lower() in Settings.model_fields, span


def test_a_value_that_the_chart_has_not_is_found() -> None:
    assert documented.is_value("nodes.<node>.resources.limits.cpu")
    assert not documented.is_value("nodes.<node>.replicas")
    assert not documented.is_value("config.log-level")


def test_x3_the_guides_own_values_install() -> None:
    given = next(block for _, _, block in FENCE.findall(GUIDE) if block.startswith("# values.mine.yaml"))
    assert render(yaml.safe_load(given))


def _compose(words: list[str]) -> None:
    before = call(words, documented.compose_options(), whole=False)
    known = {name for one in documented.composed()["services"].values() for name in one.get("profiles", ())}
    assert set(before.values("--profile")) <= known, words
    command, rest = before.arguments[0], before.arguments[1:]
    made = call(rest, documented.compose_options(command), whole=command != "exec")
    services = documented.composed()["services"].keys()
    if command in EVERY_SERVICE:
        assert set(made.arguments) <= services, words
    elif command == "exec":
        assert made.arguments[0] in services, words
        _ours(made.arguments[1:])
    elif command == "cp":
        assert [one for one in made.arguments if one.partition(":")[0] in services], words


def _docker(command: str, rest: list[str]) -> None:
    made = call(rest, documented.DOCKER[command])
    if command == "build":
        stages = re.findall(r" AS (\S+)$", (ROOT / made.arguments[0] / "Dockerfile").read_text(), re.MULTILINE)
        assert set(made.values("--target")) <= set(stages), rest
    elif command == "volume rm":
        made_by = documented.composed()
        assert set(made.arguments) <= {f"{made_by['name']}_{one}" for one in made_by["volumes"]}, rest


def _helm(command: str, rest: list[str]) -> None:
    made = call(rest, documented.HELM[command])
    assert set(made.values("-n")) <= documented.NAMESPACES, rest
    if command in ("install", "upgrade") and made.arguments:
        _, chart = made.arguments
        assert (ROOT / chart / "Chart.yaml").exists() or chart.partition("/")[0] in _repositories(), f"no chart {chart}"
    for path in made.values("-f"):
        assert path == "values.mine.yaml" or (ROOT / path).exists(), f"no file {path}"
    for given in made.values("--set"):
        assert documented.is_value(given.partition("=")[0]), f"the chart has no value {given}"


@cache
def _repositories() -> set[str]:
    return set(re.findall(r"^helm repo add (\S+)", GUIDE, re.MULTILINE))


def _kubectl(command: str, rest: list[str]) -> None:
    made = call(rest, documented.KUBECTL[command])
    assert set(made.values("-n")) <= documented.NAMESPACES, rest
    assert set(made.values("-c")) <= documented.containers(), rest
    for key, _, value in (one.partition("=") for given in made.values("-l") for one in given.split(",")):
        assert key in documented.labels() or key.startswith(OPERATORS_LABELS), rest
        assert key != "nightdesk/node" or value in documented.NODES | {"…"}, rest
    if command == "create":
        assert made.arguments[0] in documented.MADE, rest
    elif command not in ("exec", "logs"):
        _objects(made, rest)
    if "--" in rest:
        _ours(rest[rest.index("--") + 1 :])


def _objects(made: Call, rest: list[str]) -> None:
    kinds, _, name = made.arguments[0].partition("/")
    names = [name] if name else made.arguments[1:]
    known = documented.MADE | {kind for kind, _ in documented.objects()}
    for kind in kinds.split(","):
        one = kind if kind in known else kind.removesuffix("s")
        assert one in known, f"no kind {kind}: {rest}"
        for name in names:
            assert name == "…" or (one, name) in documented.objects() | _created(), f"no {one} {name}"


@cache
def _created() -> set[tuple[str, str]]:
    """What the documents themselves make: `kubectl create secret generic NAME`, `create configmap NAME`."""
    return set(re.findall(r"create (secret|configmap)(?: generic)? ([a-z-]+)", GUIDE))


def _ours(words: list[str]) -> None:
    if words[:1] == ["nightdesk"]:
        check_ours(words[1:])
