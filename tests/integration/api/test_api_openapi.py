"""T-Z1, T5: the API behaves as its OpenAPI says, also for generated requests."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from serve_app.api.base.errors import ErrorBody
from serve_app.settings.values import RateLimit
from tests.integration.api.serving import STAFF_KEY, Served

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCHEMATHESIS = "from schemathesis.cli import schemathesis; schemathesis()"
CASES_A_CALL = "15"
# The one rule that no OpenAPI can say: of two parameters at least one.
CONFIG = """
[[operations]]
include-path-regex = "/customers/lookup$"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404"]

# Days that have not begun, or in the wrong order.
[[operations]]
include-path-regex = "/metrics/digest$"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400"]

# Whether a file is taken is told by its bytes, its name's ending and its size.
[[operations]]
include-path-regex = "/files$"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404", "409"]

# The server of this test has no agent that could draft.
[[operations]]
include-path-regex = "/draft$"
checks.not_a_server_error.expected-statuses = ["2xx", "4xx", "503"]

# A piece of evidence that no merge came from has null for its merge, which schemathesis puts into these paths.
[[operations]]
include-path-regex = "/merges/.merge_id./"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404", "409"]
"""
OTHER_NAMES = {"/support/submit": "/support/form", "/support/ticket/{ticket_id}": "/tickets/{ticket_id}"}
"""Aliases that are not simply the path without its prefix."""


async def openapi(api: Served) -> dict[str, Any]:
    """The published description."""
    response = await api.client.get("/openapi.json")
    described: dict[str, Any] = response.json()
    return described


def aliases(described: dict[str, Any]) -> set[str]:
    """The paths that are second names of a handler."""
    return {path for path, calls in described["paths"].items() for call in calls.values() if "aliases" in call["tags"]}


async def test_t_z1_schemathesis_finds_no_fault(
    serve: Callable[..., AbstractAsyncContextManager[Served]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # It tries wrong keys too: behind the usual limit the calls after them would not be looked at.
    monkeypatch.setattr("serve_app.api.base.deps.FAILED_KEYS", RateLimit(hits=1_000_000, seconds=60))
    async with serve() as api:
        await expect_no_fault(api, tmp_path)


async def expect_no_fault(api: Served, tmp_path: Path) -> None:
    """Run schemathesis over every call but the aliases; fail with its report."""
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SCHEMATHESIS, "run", f"{api.url}/openapi.json", "--checks", "all", "-n", CASES_A_CALL,
        "--seed", "1", "--no-color", "--request-timeout", "240", "--suppress-health-check", "too_slow",
        "--header", f"Authorization: Bearer {STAFF_KEY}", "--exclude-tag", "aliases",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=tmp_path,
    )  # fmt: skip
    assert process.stdout is not None
    report = (await process.stdout.read()).decode()
    assert await process.wait() == 0, report
    described = await openapi(api)
    operations = sum(len(calls) for path, calls in described["paths"].items() if path not in aliases(described))
    assert f"Tested: {operations}" in report, report


async def test_h12_every_call_declares_its_errors_in_the_one_shape(api: Served) -> None:
    described = await openapi(api)
    shape = described["components"]["schemas"]["ErrorBody"]["properties"]
    assert set(shape) == set(ErrorBody.model_fields) == {"error", "message", "details", "request_id"}
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert "422" not in operation["responses"], path
            for status, answer in operation["responses"].items():
                if status >= "400":
                    name = answer["content"]["application/json"]["schema"]["$ref"]
                    assert name.rpartition("/")[2] in ("ErrorBody", "Unhealthy"), (path, status)


async def test_h1_to_h13_every_alias_is_the_same_handler(api: Served) -> None:
    def unnamed(operation: dict[str, Any]) -> dict[str, Any]:
        """Without what FastAPI derives from the path."""
        shown = operation["responses"]["201" if "201" in operation["responses"] else "200"]
        for content in shown.get("content", {}).values():
            content["schema"].pop("title", None)
        return {**operation, "operationId": "", "tags": []}

    described = await openapi(api)
    paths = described["paths"]
    assert set(OTHER_NAMES) <= aliases(described)
    for alias in aliases(described):
        path = f"/api/v1{OTHER_NAMES.get(alias, alias)}"
        for method, operation in paths[path].items():
            assert unnamed(operation) == unnamed(paths[alias][method])


async def test_h11_staff_calls_declare_their_key(api: Served) -> None:
    described = await openapi(api)
    assert described["paths"]["/api/v1/metrics/channels"]["get"]["security"] == [{"staffKey": []}]
    assert described["components"]["securitySchemes"]["staffKey"]["scheme"] == "bearer"
