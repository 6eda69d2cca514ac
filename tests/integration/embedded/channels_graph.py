"""A graph of one node that answers with its channel settings."""

from __future__ import annotations

from typing import Any

from ray import serve
from starlette.requests import Request
from starlette.responses import JSONResponse

from serve_app.settings.app_args import AppArgs


class Front:
    """Answers every path, webhooks too, with what it was built from."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._answer = answer

    async def __call__(self, request: Request) -> JSONResponse:
        return JSONResponse({"path": request.url.path, **self._answer})


def graph(args: AppArgs) -> serve.Application:
    """The graph of this one node."""
    front = serve.deployment(name="front", ray_actor_options={"num_cpus": 0.1})(Front)
    return front.bind(
        {
            "page": args.demo_channels_url,
            "public_base_url": args.public_base_url,
            "missing": [*args.gmail.missing, *args.twilio.missing],
            "hosts": [args.gmail.api_base_url, args.twilio.api_base_url],
            "audience": args.gmail.audience,
        }
    )
