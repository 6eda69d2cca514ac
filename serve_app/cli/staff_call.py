"""A staff call of a command to the running product, with the key that `up` keeps for our own commands."""

from __future__ import annotations

from typing import Any

from serve_app.cli.target import Target
from serve_app.embedded.base.errors import NotRunningError, UserError

SECONDS = 30.0


class RefusedError(UserError):
    """The product answered and refused, with its own sentence; the command exits 1 unless it knows better."""

    def __init__(self, sentence: str, *, status: int) -> None:
        super().__init__(f"{sentence} (HTTP {status})")
        self.status = status


def staff_call(target: Target, method: str, path: str, **arguments: Any) -> dict[str, Any]:
    """Return the JSON answer of `method path` (below /api/v1).

    Raises RefusedError when the product refuses, NotRunningError (exit 3) when nobody answers.
    """
    import httpx

    headers = {"Authorization": f"Bearer {target.token}"} if target.token else {}
    try:
        answer = httpx.request(
            method, f"{target.url}/api/v1{path}", headers=headers, timeout=SECONDS, trust_env=False, **arguments
        )
        body = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise NotRunningError(f"nobody answers at {target.url} ({error or type(error).__name__}).") from None
    if not answer.is_success or not isinstance(body, dict):
        raise RefusedError(_said(body), status=answer.status_code)
    return body


def _said(body: object) -> str:
    return str(body.get("message", "the product refused")) if isinstance(body, dict) else "the product refused"
