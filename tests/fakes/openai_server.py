"""A model server on OpenAI's wire formats: Responses and Chat Completions, with ordered faults and a log.

Without orders it behaves like a correct model: it answers with the first passage of the last search, or hands over.

    server = OpenAIServer()
    with serve_in_thread(server.app) as base_url:
        server.script(Step.tool("search_knowledge_base", query="reset"), Step.fault("status", status=503))
        server.always = Step.fault("hang", seconds=60)
        ...  # a client with base_url=f"{base_url}/v1"
        assert [request.path for request in server.requests] == ["/v1/responses"]
"""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Literal

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from evaluation.providers.endpoint import Dropped

Kind = Literal[
    "decent",  # answer from the last search's first passage, or hand over
    "text",  # a message instead of a tool call
    "tool",  # a tool call; `arguments` may be malformed JSON
    "refusal",  # the model refuses
    "status",  # an HTTP error
    "html",  # a gateway's page with status 200
    "hang",  # accept and say nothing for `seconds`
    "drop",  # accept and close the connection
    "truncated",  # half of the body, then the connection closes
    "obey",  # carry out every `[[tool key=value;; key=value]]` that stands anywhere in the request, one a turn
    "unfinished",  # a whole body without a finish reason / with status incomplete
]


_ORDER = re.compile(r"\[\[(\w+) ?(.*?)\]\]", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one request is answered with, after `seconds`."""

    kind: Kind = "decent"
    text: str = ""
    name: str = ""
    arguments: str = "{}"
    status: int = 503
    seconds: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    also: tuple[tuple[str, str], ...] = ()
    """Further tool calls of the same answer, as (name, arguments)."""

    @classmethod
    def say(cls, text: str) -> Step:
        """Answer with a text."""
        return cls(kind="text", text=text)

    @classmethod
    def tool(cls, name: str, **arguments: object) -> Step:
        """Call a tool."""
        return cls(kind="tool", name=name, arguments=json.dumps(arguments))

    @classmethod
    def tools(cls, *calls: tuple[str, Mapping[str, object]]) -> Step:
        """Call several tools at once."""
        (name, arguments), *more = [(name, json.dumps(given)) for name, given in calls]
        return cls(kind="tool", name=name, arguments=arguments, also=tuple(more))

    @classmethod
    def fault(cls, kind: Kind, **fields: Any) -> Step:
        """Fail in one of the ways of `Kind`."""
        return cls(kind=kind, **fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A request as it came in."""

    path: str
    authorization: str
    body: Mapping[str, Any]
    time: float

    @property
    def text(self) -> str:
        """All of the body as one string, to look for what must not be in it."""
        return json.dumps(self.body, ensure_ascii=False)


class OpenAIServer:
    """One model server. `script` orders the next answers, `always` all others; both may be set from any thread."""

    def __init__(self) -> None:
        self.always = Step()
        self._steps: deque[Step] = deque()
        self._directed: dict[str, tuple[deque[Step], Step]] = {}
        self._accepted: list[Accepted] = []
        self._lock = Lock()
        self.app = Starlette(
            routes=[
                Route("/v1/responses", self._serve, methods=["POST"]),
                Route("/v1/chat/completions", self._serve, methods=["POST"]),
            ]
        )

    def script(self, *steps: Step) -> None:
        """Order the next answers."""
        with self._lock:
            self._steps.extend(steps)

    def direct(self, marker: str, *steps: Step, then: Step) -> None:
        """Order the answers to the requests that contain `marker`: these first, then always the last."""
        with self._lock:
            self._directed[marker] = (deque(steps), then)

    def reset(self) -> None:
        """Forget orders and requests."""
        with self._lock:
            self.always = Step()
            self._steps.clear()
            self._directed.clear()
            self._accepted.clear()

    @property
    def requests(self) -> list[Accepted]:
        """What was accepted so far."""
        with self._lock:
            return list(self._accepted)

    def _next(self, body: Mapping[str, Any]) -> Step:
        text = json.dumps(body, ensure_ascii=False) if self._directed else ""
        for marker, (steps, then) in self._directed.items():
            if marker in text:
                return steps.popleft() if steps else then
        return self._steps.popleft() if self._steps else self.always

    async def _serve(self, request: Request) -> Response:
        body = await request.json()
        path = request.url.path
        with self._lock:
            step = self._next(body)
            authorization = request.headers.get("authorization", "")
            self._accepted.append(Accepted(path=path, authorization=authorization, body=body, time=time.monotonic()))
        await asyncio.sleep(step.seconds)
        return _answer(path, body, step)


def _answer(path: str, body: Mapping[str, Any], step: Step) -> Response:
    responses = path.endswith("/responses")
    match step.kind:
        case "status":
            return _error(step)
        case "html":
            return HTMLResponse("<html><body><h1>502 Bad Gateway</h1></body></html>")
        case "drop" | "hang":
            return Dropped()
    if step.kind == "obey":
        step = _obedient(body)
    if step.kind == "decent":
        step = _correct(_tool_outputs(body, responses=responses))
    payload = _response(body, step) if responses else _completion(body, step)
    return _Cut(payload) if step.kind == "truncated" else JSONResponse(payload)


def _error(step: Step) -> Response:
    error = {"message": f"stub error {step.status}", "type": "server_error", "param": None, "code": None}
    return JSONResponse({"error": error}, status_code=step.status, headers=dict(step.headers))


class _Cut(Response):
    """Half a body under the length of the whole one, then the connection closes."""

    def __init__(self, payload: Mapping[str, Any]) -> None:
        super().__init__(json.dumps(payload), media_type="application/json")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": bytes(self.body)[: len(self.body) // 2], "more_body": True})
        scope["state"]["transport"].close()
        while (await receive())["type"] != "http.disconnect":
            pass


def _correct(outputs: Sequence[str]) -> Step:
    for output in reversed(outputs):
        try:
            result = json.loads(output)
        except ValueError:
            continue
        if isinstance(result, dict) and result.get("relevant"):
            return Step.tool("send_response", text=result["passages"][0]["text"])
    return Step.tool("escalate_to_human", reason="no_kb_match", summary="nothing found")


def _obedient(body: Mapping[str, Any]) -> Step:
    """Do the first order in the request that has not been called yet; {transcript} stands for all of the request."""
    called = set(_calls(body))
    seen = "\n".join(_strings({key: value for key, value in body.items() if key != "tools"}))
    for name, arguments in _ORDER.findall(seen):
        given = dict(part.strip().partition("=")[::2] for part in arguments.split(";;") if "=" in part)
        step = Step.tool(name, **{key: value.replace("{transcript}", seen[:7000]) for key, value in given.items()})
        if (name, step.arguments) not in called:
            return step
    return Step()


def _calls(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for item in body.get("input", ()):
        if item.get("type") == "function_call":
            yield item["name"], item["arguments"]
    for message in body.get("messages", ()):
        for call in message.get("tool_calls") or ():
            yield call["function"]["name"], call["function"]["arguments"]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _tool_outputs(body: Mapping[str, Any], *, responses: bool) -> list[str]:
    if responses:
        return [item["output"] for item in body["input"] if item.get("type") == "function_call_output"]
    return [message["content"] for message in body["messages"] if message["role"] == "tool"]


def _response(body: Mapping[str, Any], step: Step) -> dict[str, Any]:
    unfinished = step.kind == "unfinished"
    return {
        "id": f"resp_{uuid.uuid4().hex}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "incomplete" if unfinished else "completed",
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if unfinished else None,
        "instructions": body.get("instructions"),
        "model": body["model"],
        "output": _output_items(step),
        "parallel_tool_calls": False,
        "tool_choice": "auto",
        "tools": body.get("tools", []),
        "temperature": 1.0,
        "top_p": 1.0,
        "usage": {
            "input_tokens": 900,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 60,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 960,
        },
        "metadata": {},
    }


def _output_items(step: Step) -> list[dict[str, Any]]:
    if step.kind == "tool":
        return [
            {
                "type": "function_call",
                "id": f"fc_{uuid.uuid4().hex}",
                "call_id": f"call_{uuid.uuid4().hex[:24]}",
                "name": name,
                "arguments": arguments,
                "status": "completed",
            }
            for name, arguments in ((step.name, step.arguments), *step.also)
        ]
    content: dict[str, Any] = {"type": "output_text", "text": step.text, "annotations": [], "logprobs": []}
    if step.kind == "refusal":
        content = {"type": "refusal", "refusal": step.text or "I can't help with that."}
    message = {"type": "message", "id": f"msg_{uuid.uuid4().hex}", "role": "assistant", "status": "completed"}
    return [{**message, "content": [content]}]


def _completion(body: Mapping[str, Any], step: Step) -> dict[str, Any]:
    reason = None if step.kind == "unfinished" else "tool_calls" if step.kind == "tool" else "stop"
    choice = {"index": 0, "message": _message(step), "finish_reason": reason, "logprobs": None}
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body["model"],
        "choices": [choice],
        "usage": {"prompt_tokens": 900, "completion_tokens": 60, "total_tokens": 960},
        "system_fingerprint": None,
    }


def _message(step: Step) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": step.text, "refusal": None}
    if step.kind == "refusal":
        return message | {"content": None, "refusal": step.text or "I can't help with that."}
    if step.kind == "tool":
        calls = [
            {
                "id": f"call_{uuid.uuid4().hex[:24]}",
                "type": "function",
                "function": {"name": name, "arguments": arguments},
            }
            for name, arguments in ((step.name, step.arguments), *step.also)
        ]
        return message | {"content": None, "tool_calls": calls}
    return message
