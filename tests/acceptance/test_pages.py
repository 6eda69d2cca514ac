"""W2: the customers' pages and the widget in a real browser, against the running product (`web-form/e2e`)."""

from __future__ import annotations

import pytest

from tests.fixtures.node import node
from tests.fixtures.product import WIDGET_SITE, Product

pytestmark = [pytest.mark.product, pytest.mark.timeout(900)]


def test_w2_form_status_and_widget_in_a_browser(product: Product) -> None:
    product.wait_healthy()
    done = node("e2e/customers.mjs", product.url, WIDGET_SITE, timeout=800)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
