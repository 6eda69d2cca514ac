"""X4 by the command: `nightdesk mcp --http`, and the error when it cannot serve."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from serve_app.cli.main import app
from serve_app.cli.mcp.run import staff_keys
from serve_app.cli.target import Target
from serve_app.embedded.base.errors import UserError
from serve_app.settings.settings import Settings
from tests.fixtures.mcp_clients import over_http
from tests.fixtures.production import OPERATOR


async def test_x4_the_command_serves_http_and_ends_cleanly(product_dir: Path) -> None:
    arguments = ["-m", "serve_app.cli.main", "mcp", "--http", "--port", "0", "--data-dir", str(product_dir)]
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    try:
        line = (await asyncio.wait_for(process.stderr.readline(), 240)).decode()
        address = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert address is not None, line
        async with over_http(address.group(), OPERATOR) as client:
            refused = await client.call("create_ticket", issue="x", customer="eve@example.com", message="Hello")
        process.send_signal(signal.SIGINT)
        code = await asyncio.wait_for(process.wait(), 120)
    finally:
        if process.returncode is None:
            process.kill()
    assert "nightdesk mcp --allow-writes" in refused.text
    assert code == 0


def test_x4_without_a_product_nothing_is_served(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["mcp", "--data-dir", str(tmp_path)])

    assert "nothing runs on" in str(result.exception)


def test_x4_without_any_staff_key_http_is_refused() -> None:
    product = Target(url="http://127.0.0.1:1", token=None, database_url="postgresql://x")
    with pytest.raises(UserError, match="set STAFF_API_KEY, or serve over stdio"):
        staff_keys(product, Settings(staff_api_key=None))
