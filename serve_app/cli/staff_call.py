"""HTTP calls of commands to the staff API of the running product, with the operator token as the key."""

from __future__ import annotations

from typing import Any

from serve_app.cli.target import Target
from serve_app.embedded.base.errors import NotRunningError, UserError

TIMEOUT_SECONDS = 30.0


class RefusedError(UserError):
    """The product refused the call; the message is its own. The command exits 1 unless it catches this."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(f"{message} (HTTP {status})")
        self.status = status


def staff_call(target: Target, method: str, path: str, **arguments: Any) -> dict[str, Any]:
    """Return the JSON object with which the product answers `method path` (below /api/v1).

    Raises RefusedError when it refuses, NotRunningError (exit 3) when nothing answers.
    """
    import httpx

    headers = {"Authorization": f"Bearer {target.token}"} if target.token else {}
    try:
        answer = httpx.request(
            method, f"{target.url}/api/v1{path}", headers=headers, timeout=TIMEOUT_SECONDS, trust_env=False, **arguments
        )
        body = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise NotRunningError(f"nobody answers at {target.url} ({error or type(error).__name__}).") from None
    if not answer.is_success or not isinstance(body, dict):
        message = body.get("message") if isinstance(body, dict) else None
        raise RefusedError(message or "the product refused", status=answer.status_code)
    return body
