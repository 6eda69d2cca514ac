"""Posts at given times and measures the answers, in a process of its own: `python -m tests.load.poster < posts.json`.

Stand-ins and tests share one interpreter, whose other work would count as waiting. Reads a list of `Post` and writes a
list of `Answer`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One post, `at_s` seconds after the first."""

    kind: str
    at_s: float
    url: str
    headers: dict[str, str]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, 0 when nothing did, how many seconds after the post was due, and the header Retry-After."""

    kind: str
    status: int
    seconds: float
    retry_after: str = ""


def posted(posts: Sequence[Post], *, timeout_s: float) -> list[Answer]:
    """Have the posts made by a process of their own. Raises subprocess.CalledProcessError."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.load.poster"],
        input=json.dumps([asdict(post) for post in posts]),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=True,
        cwd=ROOT,
    )
    return [Answer(**answer) for answer in json.loads(done.stdout)]


async def _run(posts: Sequence[Post]) -> list[Answer]:
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(timeout=240, limits=limits, trust_env=False) as client:
        started = time.monotonic()
        return list(await asyncio.gather(*(_one(client, post, started + post.at_s) for post in posts)))


async def _one(client: httpx.AsyncClient, post: Post, due: float) -> Answer:
    await asyncio.sleep(max(0.0, due - time.monotonic()))
    status, retry_after = 0, ""
    with contextlib.suppress(httpx.HTTPError):
        response = await client.post(post.url, content=post.content, headers=post.headers)
        status, retry_after = response.status_code, response.headers.get("Retry-After", "")
    return Answer(kind=post.kind, status=status, seconds=time.monotonic() - due, retry_after=retry_after)


if __name__ == "__main__":
    answers = asyncio.run(_run([Post(**post) for post in json.load(sys.stdin)]))
    json.dump([asdict(answer) for answer in answers], sys.stdout)
