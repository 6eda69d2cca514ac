"""`bench acceptance`: forms accepted a second, beside the least that could accept them on the same PostgreSQL."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from db.measurement.scratch import scratch_database
from evaluation.benchmarks.bare_forms import LOOPBACK
from evaluation.benchmarks.load import forms
from evaluation.demo.samples import Sample

START_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What a server did with forms that were posted as fast as it took them; times in milliseconds."""

    a_second: float
    refused: int
    p50: float
    p95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceReport:
    """`product`: with answering beside · the bare servers before it, beside the idle product · `instant`: a crowd."""

    product: Accepted
    bare_ordinary: Accepted
    bare_single: Accepted
    instant: Accepted

    def as_json(self) -> dict[str, Any]:
        """Return the report as `--json` writes it."""
        rate = self.product.a_second
        return {
            "forms_per_s": rate,
            "bare_ordinary": self.bare_ordinary.a_second,
            "bare_single": self.bare_single.a_second,
            "ratio_ordinary": rate / self.bare_ordinary.a_second,
            "ratio_single": rate / self.bare_single.a_second,
            "p50_ms": self.product.p50,
            "p95_ms": self.product.p95,
            "refused": self.product.refused,
            "instant_p95_ms": self.instant.p95,
            "instant_refused": self.instant.refused,
        }


async def measure(
    url: str,
    token: str | None,
    database_url: str,
    samples: Sequence[Sample],
    *,
    seconds: float,
    connections: int,
    crowd: int,
) -> AcceptanceReport:
    """Post forms over `connections` for `seconds` to each server, then `crowd` in one instant to the product.

    Raises ScratchRefusedError when no database can be made for the bare servers.
    """
    async with scratch_database(database_url) as scratch, _bare_server(scratch) as port:
        bare = [
            await posted((LOOPBACK, port), path, samples, connections=connections, seconds=seconds)
            for path in ("/ordinary", "/single")
        ]
    address, path = _address(url), "/api/v1/support/form"
    product = await posted(address, path, samples, connections=connections, seconds=seconds, token=token)
    instant = await posted(address, path, samples, connections=crowd, seconds=0, token=token)
    return AcceptanceReport(product=product, bare_ordinary=bare[0], bare_single=bare[1], instant=instant)


async def posted(
    address: tuple[str, int],
    path: str,
    samples: Sequence[Sample],
    *,
    connections: int,
    seconds: float,
    token: str | None = None,
) -> Accepted:
    """Post new forms over each connection, one after the other, until the time is over; each posts at least one."""
    stream, began = forms(samples), time.perf_counter()
    head = f"POST {path} HTTP/1.1\r\nHost: {address[0]}\r\nContent-Type: application/json\r\n"
    head += f"Authorization: Bearer {token}\r\n" if token else ""
    taken: list[float] = []
    refused = 0

    async def one() -> None:
        nonlocal refused
        reader, writer = await asyncio.open_connection(*address)
        while True:
            key, form = next(stream)
            body = json.dumps(form).encode()
            sent = time.perf_counter()
            writer.write(f"{head}Idempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            if await _status(reader) == 201:
                taken.append(time.perf_counter() - sent)
            else:
                refused += 1
            if time.perf_counter() - began >= seconds:
                break
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    p50, p95 = np.percentile(taken or [float("nan")], [50, 95]) * 1000
    return Accepted(
        a_second=len(taken) / (time.perf_counter() - began), refused=refused, p50=float(p50), p95=float(p95)
    )


async def _status(reader: asyncio.StreamReader) -> int:
    """Read a response to its end; return its status."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
    await reader.readexactly(int(headers["content-length"]))
    return int(lines[0].split()[1])


@asynccontextmanager
async def _bare_server(database_url: str) -> AsyncIterator[int]:
    """Run the bare server on this database; yield its port once it answers."""
    with socket.create_server((LOOPBACK, 0)) as found:
        port: int = found.getsockname()[1]
    command = (sys.executable, "-m", "evaluation.benchmarks.bare_forms", str(port))
    server = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
    assert server.stdin is not None
    try:
        server.stdin.write(f"{database_url}\n".encode())
        await server.stdin.drain()
        async with asyncio.timeout(START_S):
            await _until_it_answers(port)
        yield port
    finally:
        server.terminate()
        await server.wait()


async def _until_it_answers(port: int) -> None:
    for _ in itertools.count():
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        return


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or LOOPBACK, parts.port or 80
