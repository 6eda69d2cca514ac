"""What an operator does with the release, and what happens to it (S2, K3, T-K2, T-K5)."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.cluster.cluster import NAMESPACE, Cluster
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(1800)
NODES = {"ingress", "identity", "analysis", "agent", "ingest", "delivery", "reporting"}


def test_every_deployment_is_healthy(release: Cluster) -> None:
    status = release.get("rayservice", "nightdesk")["status"]["activeServiceStatus"]
    found = status["applicationStatuses"]["nightdesk"]["serveDeploymentStatuses"]
    assert {name: one["status"] for name, one in found.items()} == dict.fromkeys(NODES, "HEALTHY")


def test_helm_test_sends_a_form_and_gets_its_answer(release: Cluster) -> None:
    assert "answered after" in release.helm("test")["logs"]


def test_pods_are_as_the_restricted_standard_demands(release: Cluster) -> None:
    """The API server itself says what it would warn of, KubeRay's own init containers included."""
    label = "pod-security.kubernetes.io/enforce=restricted"
    command = [*release.enter, "kubectl", "label", "--dry-run=server", "--overwrite", "namespace", NAMESPACE, label]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stderr
    ours = [line for line in said.splitlines() if "nightdesk" in line]
    assert ours == []


def test_every_channel_is_answered(release: Cluster) -> None:
    """The sample tickets by form, mail and WhatsApp; the stand-ins' journal says what came back."""
    command = ("nightdesk", "demo", "--url", "http://nightdesk", "--channels", "http://127.0.0.1:8103")
    printed = release.kubectl("exec", "customers", "--", *command, within_s=1200)
    print(printed[-600:])
    assert "0 lost, 0 answered twice" in printed


def test_network_policies_cover_every_pod_of_the_release(release: Cluster) -> None:
    policies = {one["metadata"]["name"]: one["spec"] for one in release.get("networkpolicies")["items"]}
    denied = policies["nightdesk-deny"]
    assert denied["policyTypes"] == ["Ingress", "Egress"]
    selector = ",".join(f"{key}={value}" for key, value in denied["podSelector"]["matchLabels"].items())
    covered = {pod["metadata"]["name"] for pod in release.pods(selector)}
    assert covered >= {pod["metadata"]["name"] for pod in release.pods("ray.io/is-ray-node=yes")}


def test_a_dead_worker_pod_loses_nothing(release: Cluster) -> None:
    _disturbed(release, lambda: _delete(release, "ray.io/node-type=worker"))


def test_a_dead_head_loses_nothing(release: Cluster) -> None:
    """The new head reads Ray's state from Redis; the workers go on meanwhile."""
    workers = {pod["metadata"]["uid"] for pod in release.pods("ray.io/node-type=worker")}
    _disturbed(release, lambda: _delete(release, "ray.io/node-type=head"))
    assert workers & {pod["metadata"]["uid"] for pod in release.pods("ray.io/node-type=worker")}


def test_a_dead_database_loses_nothing(release: Cluster) -> None:
    _disturbed(release, lambda: release.kubectl("exec", "postgres", "--", "bash", "-c", "kill -INT 1"))


def test_a_dead_broker_loses_nothing(release: Cluster) -> None:
    """SIGSEGV: a container's first process takes no SIGKILL from within, and Java ends by this without a farewell."""
    _disturbed(release, lambda: release.kubectl("exec", "kafka", "--", "bash", "-c", "kill -SEGV 1"))


def test_load_adds_a_worker_pod_and_its_end_takes_it_away(release: Cluster) -> None:
    """More forms than one pod answers: Serve asks for replicas, Ray's autoscaler for a pod, KubeRay makes it."""
    workers = "ray.io/node-type=worker"
    wait_until(lambda: len(_ready(release, workers)) == 1, within_s=900, what="one worker", pause_s=5)
    with ThreadPoolExecutor(1) as pool:
        load = pool.submit(_send, release, 4000, 40.0)
        wait_until(lambda: len(_ready(release, workers)) == 2, within_s=420, what="a second worker", pause_s=2)
        print(load.result())
    _assert_answered_once(release)
    wait_until(lambda: len(release.pods(workers)) == 1, within_s=900, what="the second worker to go", pause_s=5)
    _assert_answered_once(release)


def test_an_upgrade_under_load_fails_nothing(release: Cluster, values: dict[str, Any]) -> None:
    """3 forms a second through the change of clusters: no call fails, nothing is lost or doubled."""
    before = release.active_ray_cluster()
    changed = copy.deepcopy(values)
    changed["image"]["tag"] = "next" if release.image().endswith(":dev") else "dev"
    with ThreadPoolExecutor(1) as pool:
        load = pool.submit(_send, release, 900, 3.0)
        release.helm("upgrade", changed)
        wait_until(lambda: release.active_ray_cluster() not in ("", before), within_s=600, what="a cluster", pause_s=2)
        wait_until(lambda: release.service_status() == "Running", within_s=600, what="the RayService", pause_s=2)
        sent = load.result()
    assert sent["failed"] == []
    _assert_answered_once(release)


def _ready(release: Cluster, selector: str) -> list[dict[str, Any]]:
    """Return the pods that run and are ready."""
    return [pod for pod in release.pods(selector) if _is_ready(pod)]


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod["status"].get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _disturbed(release: Cluster, disturb: Callable[[], object]) -> None:
    """Send forms for a minute, disturb in the middle, and see that each is answered once."""
    with ThreadPoolExecutor(1) as pool:
        load = pool.submit(_send, release, 60, 1.0)
        wait_until(lambda: _accepted(release) > 10, what="forms", within_s=60)
        disturb()
        load.result()
    wait_until(lambda: release.service_status() == "Running", within_s=600, what="the RayService", pause_s=2)
    _assert_answered_once(release)


def _send(release: Cluster, count: int, rate: float) -> dict[str, Any]:
    release.kubectl("exec", "customers", "--", "rm", "-f", "/tmp/tickets.jsonl")
    command = ("exec", "customers", "--", "python", "/script/customers.py", "send", str(count), str(rate))
    found: dict[str, Any] = json.loads(release.kubectl(*command, within_s=900))
    return found


def _accepted(release: Cluster) -> int:
    count = release.kubectl("exec", "customers", "--", "bash", "-c", "cat /tmp/tickets.jsonl 2>/dev/null | wc -l")
    return int(count)


def _assert_answered_once(release: Cluster) -> None:
    printed = release.kubectl("exec", "customers", "--", "python", "/script/customers.py", "settle", within_s=600)
    found = json.loads(printed)
    print(found)
    assert found["accepted"] > 0
    assert (found["lost"], found["doubled"]) == ([], [])


def _delete(release: Cluster, selector: str) -> None:
    name = release.pods(selector)[0]["metadata"]["name"]
    release.kubectl("delete", "pod", name, "--grace-period=0", "--force")
