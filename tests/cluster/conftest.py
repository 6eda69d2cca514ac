"""The release under test: stores and customers as pods, the chart with the values of `small` and of here."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from evaluation.providers.gmail import GmailOptions
from evaluation.providers.gmail.settings import gmail_settings
from evaluation.providers.twilio import TwilioOptions
from evaluation.providers.twilio.settings import twilio_settings
from tests.cluster.cluster import IMAGES, NAMESPACE, NONE_GIVEN, Cluster, release_values
from tests.fixtures.waiting import wait_until

HERE = Path(__file__).parent
GMAIL, TWILIO = "http://customers:8101", "http://customers:8102"


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The cluster that the environment names; without one the tests are skipped."""
    found = Cluster.given()
    if found is None:
        pytest.skip(NONE_GIVEN)
    return found


@pytest.fixture(scope="session")
def values() -> dict[str, Any]:
    """The values of the release."""
    return release_values()


@pytest.fixture(scope="session")
def release(cluster: Cluster, values: dict[str, Any]) -> Iterator[Cluster]:
    """The product, installed and running. `KEEP_RELEASE=1` leaves it there; one that is there is taken as it is."""
    if not cluster.exists():
        _install(cluster, values)
    wait_until(lambda: cluster.service_status() == "Running", within_s=600, what="the RayService", pause_s=2)
    yield cluster
    if not os.environ.get("KEEP_RELEASE"):
        cluster.helm("uninstall")
        cluster.kubectl("delete", "-f", str(HERE / "stores.yaml"), "--wait=false")


def _install(cluster: Cluster, values: dict[str, Any]) -> None:
    if cluster.load:
        for image in IMAGES:
            subprocess.run([*cluster.load, image], check=True, timeout=600)
    _apply(cluster, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    script = {"customers.py": (HERE / "customers.py").read_text()}
    _apply(cluster, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "customers"}, "data": script})
    cluster.kubectl("apply", "-f", str(HERE / "stores.yaml"))
    stand_ins = {
        **gmail_settings(GmailOptions(push_url="http://nightdesk/webhooks/gmail"), GMAIL),
        **twilio_settings(TwilioOptions(), TWILIO),
    }
    cluster.kubectl("patch", "secret", "nightdesk-settings", "-p", yaml.safe_dump({"stringData": stand_ins}))
    cluster.kubectl("wait", "--for=condition=Ready", "pod", "--all", "--timeout=180s", within_s=200)
    cluster.helm("install", values)


def _apply(cluster: Cluster, resource: dict[str, Any]) -> None:
    cluster.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(resource))
