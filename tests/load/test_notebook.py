"""The notebook of the documents runs as it stands there, on a product of its own, and puts back the model before."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from embeddings.encoder import BUILT_IN
from tests.fixtures.ports import free_port
from tests.fixtures.product import Product, running_product

pytestmark = [pytest.mark.full, pytest.mark.product, pytest.mark.timeout(3600)]

NOTEBOOK = Path(__file__).parents[2] / "docs/promotion.ipynb"


@pytest.fixture
def desk() -> Iterator[Product]:
    """A product of this test's own: its models change."""
    with running_product(free_port(), {}) as running:
        yield running


def printed(cell: nbformat.NotebookNode) -> str:
    return "".join(output.get("text", "") for output in cell.get("outputs", ()))


def test_the_notebook_runs_as_it_stands(desk: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    monkeypatch.setenv("NIGHTDESK_DATA_DIR", str(desk.data_dir))
    run = NotebookClient(deepcopy(shipped), timeout=1800).execute()
    promoted, back = (printed(cell) for cell in run.cells if cell.cell_type == "code" and "list" in cell.source)
    assert "passed  relevance" in promoted
    assert "in service: tuned-" in promoted
    assert f"in service: {BUILT_IN}" in back
    for cell, now in zip(shipped.cells, run.cells, strict=True):  # what the documents show was printed by these cells
        assert bool(printed(cell)) == bool(printed(now))
