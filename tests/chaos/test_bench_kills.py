"""`nightdesk bench kills` on the running product: what it refuses, and its scorecard."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evaluation.benchmarks.processes import KAFKA, POSTGRESQL
from serve_app.scaling import table
from tests.fixtures.channels import Channels, new_address
from tests.fixtures.product import Product

pytestmark = [pytest.mark.product, pytest.mark.timeout(3600)]


@pytest.fixture
def customer(product: Product, channels: Channels) -> None:
    """Somebody who is no benchmark has written, and was answered."""
    product.wait_healthy()
    address = new_address()
    channels.mail.write_mail(sender=address, subject="Signing in", text="How do I reset my password?")
    channels.wait_for_replies([address], seconds=300)


@pytest.mark.usefixtures("customer")
def test_it_kills_nothing_where_customers_write(product: Product) -> None:
    stores = {process.pid for mark in (KAFKA, POSTGRESQL) for process in product.processes(mark)}
    done = product.command("bench", "kills")
    assert done.returncode == 1
    assert "customers that no benchmark has made" in done.stderr
    assert "--yes" in done.stderr
    assert stores == {process.pid for mark in (KAFKA, POSTGRESQL) for process in product.processes(mark)}


@pytest.mark.full
@pytest.mark.usefixtures("customer")
def test_t3_every_part_is_killed_and_every_form_answered_once(product: Product, tmp_path: Path) -> None:
    done = product.command("bench", "kills", "--yes", "--json", str(tmp_path / "kills.json"), timeout=3000)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "kills.json").read_text())
    assert report["accepted"] == report["answered_once"] > 100
    assert [kill["part"] for kill in report["kills"]] == ["kafka", "postgresql", *table.NAMES]
    assert all(kill["processes"] and kill["answered_s"] is not None for kill in report["kills"])
    assert all(kill["back_s"] is not None for kill in report["kills"][2:])
    assert report["malformed"] == []
