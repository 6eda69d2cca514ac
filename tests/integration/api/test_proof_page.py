"""Issue 13: with FORM_PROOF set, a browser sends the form, files, the widget's question (`web-form/e2e/proof.mjs`)."""

from __future__ import annotations

import asyncio

import pytest

from serve_app.settings.form import FormArgs
from tests.fixtures.node import node
from tests.integration.api.serving import arguments, running

SHOP = "http://shop.localhost"
COST = 100
"""As docs/settings.md has it for telephones."""


@pytest.mark.timeout(300)
async def test_a_browser_proves_its_forms(database_url: str) -> None:
    async with running(arguments(database_url, cors_origins=(SHOP,), form=FormArgs(proof=COST))) as api:
        done = await asyncio.to_thread(node, "e2e/proof.mjs", api.url, SHOP)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        assert await api.pool.fetchval("SELECT count(*) FROM tickets") == 3
        assert await api.pool.fetchval("SELECT count(*) FROM used_proofs") == 3
