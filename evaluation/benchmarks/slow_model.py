"""A model server that takes a second: answers with the first passage of the last search, or hands over.

`python -m evaluation.benchmarks.slow_model PORT SECONDS`, on OpenAI's Responses format.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid
from collections.abc import Mapping
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from deployments.agent.protocol import ESCALATE, SEND
from evaluation.benchmarks.child_server import LOOPBACK


def app(seconds: float) -> Starlette:
    """Return the server; each request waits `seconds`, however many there are."""

    async def respond(request: Request) -> JSONResponse:
        body = await request.json()
        await asyncio.sleep(seconds)
        return JSONResponse(_response(body, *_choice(body)))

    return Starlette(routes=[Route("/v1/responses", respond, methods=["POST"])])


def _choice(body: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    outputs = [item["output"] for item in body["input"] if item.get("type") == "function_call_output"]
    for output in reversed(outputs):
        found = json.loads(output) if output.startswith("{") else {}
        if found.get("relevant"):
            return SEND, {"text": found["passages"][0]["text"]}
    return ESCALATE, {"reason": "no_kb_match", "summary": "nothing found"}


def _response(body: Mapping[str, Any], tool: str, arguments: Mapping[str, str]) -> dict[str, Any]:
    call = {
        "type": "function_call",
        "id": f"fc_{uuid.uuid4().hex}",
        "call_id": f"call_{uuid.uuid4().hex[:24]}",
        "name": tool,
        "arguments": json.dumps(arguments),
        "status": "completed",
    }
    return {
        "id": f"resp_{uuid.uuid4().hex}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "completed",
        "model": body["model"],
        "output": [call],
        "parallel_tool_calls": False,
        "tool_choice": "auto",
        "tools": body.get("tools", []),
        "usage": {
            "input_tokens": 900,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 60,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 960,
        },
    }


if __name__ == "__main__":
    uvicorn.run(app(float(sys.argv[2])), host=LOOPBACK, port=int(sys.argv[1]), log_level="warning")
